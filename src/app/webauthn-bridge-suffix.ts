import type { PublicSuffixTest } from '../client/webauthn/origin.ts';

/** Whether strangers register names under a domain. May look it up, in a browser for example. */
export type AsyncSuffixTest = (domain: string) => boolean | Promise<boolean>;

/** As the public suffix list has it that this program was installed with, hosts of other people's sites included. */
export async function isListedSuffix(domain: string): Promise<boolean> {
  // The list is large, and most runs of a key never ask for it.
  const { getPublicSuffix } = await import('tldts');
  return getPublicSuffix(domain, { allowPrivateDomains: true }) === domain;
}

/** For an RP ID that a page of `origin` asks for, a test that answers at once. Looks up only what has to be known. */
export function createSuffixTest(
  test: AsyncSuffixTest = isListedSuffix,
): (origin: string, rpId: string | undefined) => Promise<PublicSuffixTest> {
  return async (origin, rpId) => {
    const isCandidate = rpId !== undefined && URL.canParse(origin) && isBelow(new URL(origin).hostname, rpId);
    const isSuffix = !isCandidate || (await test(rpId));
    return (domain) => domain === rpId && isSuffix;
  };
}

function isBelow(host: string, domain: string): boolean {
  return domain !== '' && host.endsWith(`.${domain}`);
}
