import { WebAuthnClientError } from './webauthn-error.ts';

/**
 * Whether a domain is a public suffix, under which strangers register names (`com`, `co.uk`). A browser knows the public
 * suffix list; without it only names of one label are refused.
 */
export type PublicSuffixTest = (domain: string) => boolean;

const singleLabel: PublicSuffixTest = (domain) => !domain.includes('.') && domain !== 'localhost';

/** The effective domain of a secure origin. Throws WebAuthnClientError `SecurityError` if it has none. */
export function effectiveDomain(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url?.origin !== origin) throw new WebAuthnClientError('SecurityError', `${origin} is no origin`);
  const { hostname, protocol } = url;
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) {
    throw new WebAuthnClientError('SecurityError', `${origin} is not a secure context`);
  }
  if (isIpAddress(hostname)) throw new WebAuthnClientError('SecurityError', `${origin} has no domain`);
  return hostname;
}

function isIpAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * The RP ID for a page of `origin`: its domain, or `requested` if that is a registrable suffix of it
 * (WebAuthn L3 §5.1.3 step 8, §5.1.4.1 step 7). Throws WebAuthnClientError `SecurityError` otherwise.
 */
export function requireRpId(
  origin: string,
  requested: string | undefined,
  isPublicSuffix: PublicSuffixTest = singleLabel,
): string {
  const domain = effectiveDomain(origin);
  if (requested === undefined || requested === domain) return domain;
  const isSuffix = requested !== '' && domain.endsWith(`.${requested}`);
  if (isSuffix && !isPublicSuffix(requested)) return requested;
  throw new WebAuthnClientError('SecurityError', `${requested} is no RP ID for ${origin}`);
}
