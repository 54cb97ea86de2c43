// The page of the example. Its two ceremonies are functions on `window.relyingParty`, so that a browser test can call
// them and read the result as JSON; the forms call the same functions.

const { startRegistration, startAuthentication } = window.SimpleWebAuthnBrowser;

/**
 * Everything a ceremony can end as: `{ ok: true, ...what the server verified }`, or
 * `{ ok: false, error: { name, message, from } }` where `from` is `browser` (a DOMException) or `server`.
 */

class ServerError extends Error {
  constructor({ name, message }) {
    super(message);
    this.name = name;
  }
}

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new ServerError(answer.error);
  return answer;
}

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0)).buffer;
const fromBytes = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** Extension members that are bytes, by path; in JSON they are base64url (WebAuthn L3 §5.1.9). */
function decodeExtensions(extensions) {
  if (extensions === undefined) return undefined;
  const { prf, largeBlob, credBlob, ...rest } = extensions;
  const decoded = { ...rest };
  if (credBlob !== undefined) decoded.credBlob = toBytes(credBlob);
  if (largeBlob !== undefined) {
    decoded.largeBlob = { ...largeBlob, ...(largeBlob.write ? { write: toBytes(largeBlob.write) } : {}) };
  }
  if (prf !== undefined) decoded.prf = decodePrf(prf);
  return decoded;
}

function decodePrf({ eval: salts, evalByCredential }) {
  const values = ({ first, second }) => ({
    first: toBytes(first),
    ...(second === undefined ? {} : { second: toBytes(second) }),
  });
  const byCredential = Object.entries(evalByCredential ?? {}).map(([id, value]) => [id, values(value)]);
  return {
    ...(salts === undefined ? {} : { eval: values(salts) }),
    ...(evalByCredential === undefined ? {} : { evalByCredential: Object.fromEntries(byCredential) }),
  };
}

/** Buffers in extension results become base64url. */
function encodeBuffers(value) {
  if (value instanceof ArrayBuffer) return fromBytes(value);
  if (ArrayBuffer.isView(value))
    return fromBytes(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
  if (Array.isArray(value)) return value.map(encodeBuffers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encodeBuffers(inner)]));
}

async function ceremony(run) {
  try {
    return await run();
  } catch (error) {
    // SimpleWebAuthn wraps some DOMExceptions and gives the wrapper the same name; the cause has the browser's words.
    const cause = error.cause instanceof DOMException ? error.cause : error;
    const from = error instanceof ServerError ? 'server' : 'browser';
    return { ok: false, error: { name: cause.name, message: cause.message, from } };
  }
}

/** Options: user, displayName, residentKey, userVerification, attestation, algorithms, attachment, exclude, rpId, timeout, extensions. */
async function register(options = {}) {
  return ceremony(async () => {
    const optionsJSON = await call('POST', '/register/options', options);
    optionsJSON.extensions = decodeExtensions(optionsJSON.extensions);
    const credential = await startRegistration({ optionsJSON });
    credential.clientExtensionResults = encodeBuffers(credential.clientExtensionResults);
    return call('POST', '/register/verify', credential);
  });
}

/** Options: user (absent: usernameless), userVerification, credentials, rpId, timeout, extensions. */
async function signIn(options = {}) {
  return ceremony(async () => {
    const optionsJSON = await call('POST', '/sign-in/options', options);
    optionsJSON.extensions = decodeExtensions(optionsJSON.extensions);
    const credential = await startAuthentication({ optionsJSON });
    credential.clientExtensionResults = encodeBuffers(credential.clientExtensionResults);
    return call('POST', '/sign-in/verify', credential);
  });
}

const stepUp = (options = {}) => signIn({ ...options, userVerification: 'required' });
const users = () => call('GET', '/users');
const forget = () => call('DELETE', '/users');

window.relyingParty = { register, signIn, stepUp, users, forget };

// ── the page ────────────────────────────────────────────────────────────────────────────────────────────────────────

const byId = (id) => document.getElementById(id);
let signedIn;

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function flagBadges(flags) {
  const shown = ['up', 'uv', 'be', 'bs'];
  return shown.map((name) =>
    element(
      'span',
      { class: flags[name] ? 'flag set' : 'flag', title: `${name.toUpperCase()} is ${flags[name] ? 1 : 0}` },
      `${flags[name] ? '✓' : '–'} ${name.toUpperCase()}`,
    ),
  );
}

function rowsOf(result) {
  const counter =
    result.counterBefore === undefined
      ? String(result.counter)
      : `${result.counterBefore} → ${result.counterAfter}`;
  return [
    ['Account', result.user],
    ['Flags', flagBadges(result.flags)],
    ['Counter', counter],
    ['Algorithm', `${result.algorithm} (${result.algorithmId})`],
    ['Attestation', result.fmt],
    ['AAGUID', result.aaguid],
    ['Attachment', result.authenticatorAttachment],
    ['Transports', result.transports?.join(', ')],
    ['Discoverable', result.discoverable === null ? 'not said' : result.discoverable?.toString()],
    ['User handle', result.userHandle],
    ['Credential', result.credentialId],
  ].filter(([, value]) => value !== undefined && value !== null);
}

function show(title, result) {
  const verdict = result.ok
    ? element('p', { class: 'verdict good' }, `${title}: verified`)
    : element('p', { class: 'verdict bad' }, `${title}: ${result.error.name}`);
  const body = result.ok
    ? element(
        'dl',
        {},
        ...rowsOf(result).flatMap(([name, value]) => [
          element('dt', {}, name),
          element('dd', {}, ...(Array.isArray(value) ? value : [value])),
        ]),
      )
    : element('p', { id: 'error-message' }, `${result.error.message} (said by the ${result.error.from})`);
  byId('result').dataset.ok = String(result.ok);
  byId('result').dataset.error = result.ok ? '' : result.error.name;
  byId('result').replaceChildren(verdict, body);
}

function userTable(list) {
  const head = ['Account', 'Credential', 'Algorithm', 'Attestation', 'Counter', 'Transports'];
  const rows = list.flatMap((user) =>
    user.credentials.map((credential) =>
      element(
        'tr',
        {},
        element('td', {}, user.name),
        element('td', { title: credential.id }, element('code', {}, `${credential.id.slice(0, 12)}…`)),
        element('td', {}, credential.algorithm),
        element('td', {}, credential.fmt),
        element('td', {}, String(credential.counter)),
        element('td', {}, credential.transports.join(', ')),
      ),
    ),
  );
  const header = element('thead', {}, element('tr', {}, ...head.map((name) => element('th', {}, name))));
  return element('div', { class: 'scroll' }, element('table', {}, header, element('tbody', {}, ...rows)));
}

async function refresh() {
  const list = await users();
  const empty = element('p', { class: 'empty' }, 'None yet. They live in memory until the server stops.');
  byId('users').replaceChildren(list.length === 0 ? empty : userTable(list));
  byId('session').textContent = signedIn === undefined ? 'Nobody is signed in.' : `${signedIn} is signed in.`;
  byId('step-up').disabled = signedIn === undefined;
}

async function act(title, run) {
  const buttons = [...document.querySelectorAll('button')];
  for (const button of buttons) button.disabled = true;
  const result = await run();
  for (const button of buttons) button.disabled = false;
  show(title, result);
  if (result.ok && result.counterAfter !== undefined) signedIn = result.user;
  await refresh();
}

byId('user').addEventListener('input', () => {
  document.querySelector('.account').textContent = byId('user').value;
});
byId('register-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const options = { ...Object.fromEntries(form), algorithms: form.getAll('algorithms') };
  void act('Registration', () => register(options));
});
byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void act('Sign-in', () => signIn({ user: byId('user').value, userVerification: byId('sign-in-uv').value }));
});
byId('sign-in-usernameless').addEventListener('click', () => {
  void act('Usernameless sign-in', () => signIn({ userVerification: byId('sign-in-uv').value }));
});
byId('step-up').addEventListener('click', () => {
  void act('Step-up', () => stepUp({ user: signedIn }));
});
byId('forget').addEventListener('click', async () => {
  await forget();
  signedIn = undefined;
  await refresh();
});

await refresh();
