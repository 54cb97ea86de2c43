import type { ConsentAccount, ConsentAnswer, ConsentQuestion } from '../ports/consent.ts';
import { printable } from './text/printable.ts';

/** A question in words. All text is safe to print; only its length is not limited. */
export interface Wording {
  /** One sentence: what is about to happen. */
  readonly title: string;
  /** Label and value of what it concerns. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** The accounts to choose from, in the order of the question. */
  readonly choices: readonly string[];
}

/** What people recognize an account by. */
export function accountLabel(account: ConsentAccount): string {
  const names = [account.name, account.displayName].filter((name) => name !== undefined && name !== '');
  const unique = [...new Set(names)].map((name) => printable(name ?? ''));
  return unique.length > 0 ? unique.join(' – ') : `(no name, user ${account.userId.slice(0, 16)})`;
}

/** The site a question is about; U2F gives only its hash. */
export function siteLabel(site: string): string {
  return /^[0-9a-f]{64}$/.test(site) ? `U2F site ${site.slice(0, 16)}…` : printable(site);
}

function title(question: ConsentQuestion): string {
  const site = question.site === undefined ? 'a site' : siteLabel(question.site);
  switch (question.purpose) {
    case 'register':
      return `Register this key with ${site}?`;
    case 'sign-in':
      return `Sign in to ${site}?`;
    case 'already-registered':
      return `This key is registered with ${site} already. Tell the site?`;
    case 'select':
      return 'Use this key?';
    case 'reset':
      return 'Erase this key, with all its passkeys and its PIN?';
    case 'pin-token':
      return question.site === undefined ? 'Confirm that it is you?' : `Confirm to ${site} that it is you?`;
    case 'enroll-fingerprint':
      return 'Enroll a fingerprint?';
    case 'choose-account':
      return `Sign in to ${site} with which account?`;
  }
}

export function wordQuestion(question: ConsentQuestion): Wording {
  const facts: [string, string][] = [];
  if (question.siteName !== undefined && question.siteName !== '' && question.siteName !== question.site)
    facts.push(['Calls itself', printable(question.siteName)]);
  if (question.kind !== 'choice')
    for (const account of question.accounts) facts.push(['Account', accountLabel(account)]);
  facts.push(['Key', printable(question.key)]);
  return {
    title: title(question),
    facts,
    choices: question.kind === 'choice' ? question.accounts.map(accountLabel) : [],
  };
}

/** How it ended, in a few words. */
export function wordAnswer(question: ConsentQuestion, answer: ConsentAnswer): string {
  switch (answer.outcome) {
    case 'approved': {
      const chosen = question.kind === 'choice' ? question.accounts[answer.account ?? 0] : undefined;
      return chosen ? `Allowed: ${accountLabel(chosen)}` : 'Allowed';
    }
    case 'failed':
      return question.verification?.modality === 'pin' ? 'Wrong PIN' : 'Not recognized';
    case 'declined':
      return 'Denied';
    case 'timeout':
      return 'No answer in time';
    case 'cancelled':
      return 'Cancelled by the other side';
  }
}

/** Question and answer as one line for a log: `sign-in example.com (alice): Allowed`. */
export function wordExchange(question: ConsentQuestion, answer: ConsentAnswer): string {
  const site = question.site === undefined ? '' : ` ${siteLabel(question.site)}`;
  const [account] = question.accounts;
  const who = account && question.kind !== 'choice' ? ` (${accountLabel(account)})` : '';
  return `${question.purpose}${site}${who}: ${wordAnswer(question, answer)}`;
}
