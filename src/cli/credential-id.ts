import type { Credential } from '../ports/credential.ts';
import { UsageError } from '../ports/errors.ts';

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** As WebAuthn writes bytes: no padding. */
export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

const shortest = 8;

/**
 * The first hex digits of each id, at least 8, as many as it takes to tell all credentials of the key apart.
 */
export function shortIds(credentials: readonly Credential[]): (credential: Credential) => string {
  const ids = credentials.map(({ id }) => toHex(id)).sort();
  let length = shortest;
  ids.forEach((id, index) => {
    const next = ids[index + 1] ?? '';
    while (length < id.length && id.slice(0, length) === next.slice(0, length)) length += 2;
  });
  return ({ id }) => toHex(id).slice(0, length);
}

/**
 * The one credential whose id begins with `prefix`, in hex (either case) or base64url. Throws UsageError
 * `no-such-credential`, or one that lists the candidates if there are several.
 */
export function findCredential(credentials: readonly Credential[], prefix: string): Credential {
  if (prefix === '') throw new UsageError('An empty credential id means nothing.');
  const hex = prefix.toLowerCase();
  const found = credentials.filter(
    ({ id }) => toHex(id).startsWith(hex) || toBase64url(id).startsWith(prefix),
  );
  const exact = found.filter(({ id }) => toHex(id) === hex || toBase64url(id) === prefix);
  const [match, ...others] = exact.length > 0 ? exact : found;
  if (!match)
    throw new UsageError(`There is no credential whose id begins with ${JSON.stringify(prefix)}.`, {
      problem: 'no-such-credential',
    });
  if (others.length > 0) {
    const candidates = found.slice(0, 5).map(({ id }) => toHex(id).slice(0, Math.max(16, prefix.length + 4)));
    throw new UsageError(`${String(found.length)} credentials begin with ${JSON.stringify(prefix)}.`, {
      hint: `Give more of it: ${candidates.join(', ')}${found.length > 5 ? ', …' : ''}`,
    });
  }
  return match;
}
