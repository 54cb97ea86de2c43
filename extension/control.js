// Talks to the control server of a Fauxkey on this machine. The pairing string is the server's address with the token
// behind a #: `http://127.0.0.1:40123/#TOKEN`, optionally with `&key=ID`.

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** What cannot be done, as a sentence for the person. */
export class ControlError extends Error {
  /** @param {string} message @param {string} code */
  constructor(message, code) {
    super(message);
    this.name = 'ControlError';
    this.code = code;
  }
}

/** Reads a pairing string. Throws ControlError with what is wrong with it. */
export function parsePairing(text) {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (url === undefined || url.protocol !== 'http:') {
    throw new ControlError(
      'This is no pairing string. It begins with http:// and is printed by “fauxkey extension”.',
      'form',
    );
  }
  if (!loopback.has(url.hostname)) {
    throw new ControlError(
      'The extension talks to this machine only: the address has to be 127.0.0.1 or localhost.',
      'form',
    );
  }
  const [token = '', ...settings] = url.hash.slice(1).split('&');
  if (!/^[\w.~+/=-]{8,}$/.test(token)) {
    throw new ControlError('The pairing string has no token behind its #. Copy all of it.', 'form');
  }
  const key = new URLSearchParams(settings.join('&')).get('key') ?? undefined;
  return { url: url.origin, token, ...(key === undefined ? {} : { key }) };
}

/** One request. Throws ControlError: `unreachable`, or the code that the server gives. */
export async function request({ url, token }, method, path, { body, signal } = {}) {
  let response;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      cache: 'no-store',
      credentials: 'omit',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ControlError(`No Fauxkey answers at ${url}. Start one there, or pair again.`, 'unreachable');
  }
  const text = await response.text();
  const answer = parseJson(text);
  if (response.ok) return answer;
  if (response.status === 401) {
    throw new ControlError('The key does not know this pairing any more. Pair again.', 'unauthorized');
  }
  throw new ControlError(
    answer?.message ?? `The key’s server answered ${response.status}.`,
    answer?.code ?? 'unknown',
  );
}

function parseJson(text) {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The key that is meant: the chosen one, or the first. Throws ControlError when there is none. */
export async function findKey(pairing) {
  const keys = await request(pairing, 'GET', '/keys');
  const key = pairing.key === undefined ? keys[0] : keys.find(({ id }) => id === pairing.key);
  if (key !== undefined) return { key, keys };
  const what = pairing.key === undefined ? 'no key' : `no key “${pairing.key}”`;
  throw new ControlError(`The server at ${pairing.url} has ${what}.`, 'no-such-key');
}

export const keyPath = (id, rest = '') => `/keys/${encodeURIComponent(id)}${rest}`;
