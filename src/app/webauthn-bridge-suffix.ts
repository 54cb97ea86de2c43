import type { PublicSuffixTest } from '../client/webauthn/origin.ts';

/** Whether strangers register names under a domain. May look it up, in a browser for example. */
export type AsyncSuffixTest = (domain: string) => boolean | Promise<boolean>;

/** Second levels under which the registries of countries sell names: `co.uk`, `com.au`, `gov.br`. */
const countrySecondLevels = new Set(
  'ac asso co com ed edu firm gen go gob gouv gov gv id ind info lg ltd me mil mod ne net nhs nom or org plc police press re res sch tm web'.split(
    ' ',
  ),
);

/** Domains whose owners give subdomains to strangers, as the public suffix list has them. */
const sharedHosts = new Set([
  'amplifyapp.com',
  'appspot.com',
  'azurestaticapps.net',
  'azurewebsites.net',
  'blogspot.com',
  'cloudfront.net',
  'deno.dev',
  'firebaseapp.com',
  'fly.dev',
  'github.io',
  'githubpreview.dev',
  'gitlab.io',
  'glitch.me',
  'herokuapp.com',
  'hf.space',
  'loca.lt',
  'myshopify.com',
  'netlify.app',
  'ngrok-free.app',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'onrender.com',
  'pages.dev',
  'railway.app',
  'repl.co',
  'run.app',
  'stackblitz.io',
  'surge.sh',
  'trycloudflare.com',
  'up.railway.app',
  'vercel.app',
  'web.app',
  'webcontainer.io',
  'workers.dev',
]);

/**
 * The public suffixes that matter in tests, without the list that browsers carry (some 10,000 entries, renewed weekly):
 * names of one label, `co.uk` and its like, and well-known hosts of other people's sites.
 */
export function isWellKnownSuffix(domain: string): boolean {
  const labels = domain.split('.');
  const [first = '', second = ''] = labels;
  if (labels.length === 1) return true;
  if (sharedHosts.has(domain)) return true;
  return labels.length === 2 && second.length === 2 && countrySecondLevels.has(first);
}

/** For an RP ID that a page of `origin` asks for, a test that answers at once. Looks up only what has to be known. */
export function createSuffixTest(
  test: AsyncSuffixTest = isWellKnownSuffix,
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
