// Questions in words. What comes from sites and keys is only ever put into the page as text.

const longest = 120;

/** Text of unknown origin in one line: no control or formatting characters, not endless. */
export function printable(text) {
  const plain = String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}

export function accountLabel({ name, displayName, userId }) {
  const names = [...new Set([displayName, name].filter((text) => text))].map(printable);
  return names.join(' – ') || `(no name${userId === undefined ? '' : `, user ${userId.slice(0, 16)}`})`;
}

function siteLabel(site) {
  return /^[0-9a-f]{64}$/.test(site) ? `the U2F site ${site.slice(0, 16)}…` : printable(site);
}

const titles = {
  register: (site) => `Register with ${site}?`,
  'sign-in': (site) => `Sign in to ${site}?`,
  'already-registered': (site) => `Already registered with ${site}. Tell it?`,
  select: () => 'Use this key?',
  reset: () => 'Erase the whole key?',
  'pin-token': (site) => `Prove to ${site} that it is you?`,
  'enroll-fingerprint': () => 'Enrol a finger?',
  'choose-account': (site) => `Sign in to ${site} as whom?`,
};

/** What the key asks, as a title and lines of facts. */
export function wordQuestion(question) {
  const site = question.site === undefined ? 'a site' : siteLabel(question.site);
  const title = (titles[question.purpose] ?? (() => 'Go on?'))(site);
  const facts = [];
  if (question.siteName && question.siteName !== question.site)
    facts.push(`It calls itself ${printable(question.siteName)}.`);
  if (question.kind !== 'choice')
    facts.push(...question.accounts.map((account) => `Account: ${accountLabel(account)}`));
  const { verification } = question;
  if (verification)
    facts.push(`${verification.retriesLeft} ${verification.retriesLeft === 1 ? 'try' : 'tries'} left.`);
  return { title, facts };
}

/** What the browser would ask, as a title and lines of facts. */
export function wordPrompt(prompt) {
  const site = printable(URL.canParse(prompt.origin) ? new URL(prompt.origin).host : prompt.origin);
  if (prompt.kind === 'account') return { title: `Sign in to ${site} as whom?`, facts: [] };
  if (prompt.purpose === 'enter') {
    const left = `${prompt.retriesLeft} ${prompt.retriesLeft === 1 ? 'try' : 'tries'} left.`;
    return {
      title: `${site} wants the PIN of the key`,
      facts: [prompt.lastWasWrong ? `That was wrong. ${left}` : left],
    };
  }
  const title = prompt.purpose === 'set' ? 'The key needs a PIN first' : 'The key wants a new PIN';
  return { title, facts: [`For ${site}. At least ${prompt.minLength} characters.`] };
}
