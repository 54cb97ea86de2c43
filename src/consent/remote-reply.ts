import type { ConsentAnswer, ConsentPurpose, ConsentQuestion } from '../ports/consent.ts';
import { UsageError } from '../ports/errors.ts';
import { approval } from './automatic.ts';
import type { AskingCommand, QuestionFilter, UserReply } from './remote-types.ts';

/** Compares a PIN with the key's; undefined if the key has none. Counting the tries is the authenticator's business. */
export type ComparePin = (pin: string) => boolean | undefined;

const commands: Readonly<Record<ConsentPurpose, AskingCommand>> = {
  register: 'makeCredential',
  'already-registered': 'makeCredential',
  'sign-in': 'getAssertion',
  'choose-account': 'getAssertion',
  select: 'selection',
  reset: 'reset',
  'pin-token': 'clientPin',
  'enroll-fingerprint': 'bioEnrollment',
};

/** Whether a question is one of those that a filter or a rule means. */
export function isMeant(filter: QuestionFilter, question: ConsentQuestion): boolean {
  const { command, kind, purpose, rpId } = filter;
  return (
    (rpId === undefined || rpId === question.site) &&
    (kind === undefined || kind === question.kind) &&
    (purpose === undefined || purpose === question.purpose) &&
    (command === undefined || command === commands[question.purpose])
  );
}

function unfit(sentence: string): UsageError {
  return new UsageError(sentence, { problem: 'refused' });
}

const failed: ConsentAnswer = { outcome: 'failed' };

/** What a reply says in answer to a question. Throws UsageError `refused` if it does not fit; the question then stays. */
export function readReply(
  question: ConsentQuestion,
  reply: UserReply,
  comparePin: ComparePin,
): ConsentAnswer {
  switch (reply.answer) {
    case 'deny':
      return { outcome: 'declined' };
    case 'allow':
      return approval(question);
    case 'fail':
      if (question.kind === 'verification') return failed;
      throw unfit('Only a verification can fail; answer `deny` instead.');
    case 'touch':
      if (question.kind === 'presence') return approval(question);
      throw unfit(`The key asks for a ${question.kind}, not for a touch.`);
    case 'pin':
      return readPin(question, reply.pin, comparePin);
    case 'finger':
      return readFinger(question, reply);
    case 'account':
      return { outcome: 'approved', account: readAccount(question, reply.account) };
  }
}

function readPin(question: ConsentQuestion, pin: string, comparePin: ComparePin): ConsentAnswer {
  if (question.kind !== 'verification' || question.verification?.modality !== 'pin')
    throw unfit('The key does not ask for a PIN.');
  const isRight = comparePin(pin);
  if (isRight === undefined) throw unfit('The key has no PIN to compare with; answer `allow` or `fail`.');
  return isRight ? { outcome: 'approved' } : failed;
}

function readFinger(
  question: ConsentQuestion,
  { finger, sample }: Extract<UserReply, { readonly answer: 'finger' }>,
): ConsentAnswer {
  if (question.purpose === 'enroll-fingerprint')
    return { outcome: 'approved', sample: sample ?? (finger === 'good' ? 'good' : 'poor-quality') };
  if (question.kind !== 'verification' || question.verification?.modality !== 'fingerprint')
    throw unfit('The key does not ask for a finger.');
  return finger === 'good' ? { outcome: 'approved' } : failed;
}

function readAccount(question: ConsentQuestion, account: number | string): number {
  if (question.kind !== 'choice') throw unfit('The key does not ask for an account.');
  const index =
    typeof account === 'number'
      ? account
      : question.accounts.findIndex(({ userId }) => userId === account.toLowerCase());
  if (question.accounts[index] === undefined)
    throw unfit(`There is no such account; the key offers ${question.accounts.length}, counted from 0.`);
  return index;
}
