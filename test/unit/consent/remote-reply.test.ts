import { describe, expect, it } from 'vitest';
import { isMeant, readReply } from '../../../src/consent/remote-reply.ts';
import type { UserReply } from '../../../src/consent/remote-types.ts';
import type { ConsentQuestion } from '../../../src/ports/consent.ts';

const presence: ConsentQuestion = {
  kind: 'presence',
  purpose: 'sign-in',
  key: 'k',
  site: 'example.com',
  accounts: [],
  timeoutMs: 30_000,
};
const pin: ConsentQuestion = {
  ...presence,
  kind: 'verification',
  verification: { modality: 'pin', retriesLeft: 3 },
};
const finger: ConsentQuestion = { ...pin, verification: { modality: 'fingerprint', retriesLeft: 3 } };
const enrolment: ConsentQuestion = { ...presence, purpose: 'enroll-fingerprint' };
const choice: ConsentQuestion = {
  ...presence,
  kind: 'choice',
  purpose: 'choose-account',
  accounts: [{ userId: 'aa' }, { userId: 'bb' }],
};
const noPin = () => undefined;

describe('a reply', () => {
  it.each<[string, ConsentQuestion, UserReply, object]>([
    ['no', presence, { answer: 'deny' }, { outcome: 'declined' }],
    ['yes', presence, { answer: 'allow' }, { outcome: 'approved' }],
    ['a touch', presence, { answer: 'touch' }, { outcome: 'approved' }],
    ['a failure', pin, { answer: 'fail' }, { outcome: 'failed' }],
    ['a good finger', finger, { answer: 'finger', finger: 'good' }, { outcome: 'approved' }],
    ['another finger', finger, { answer: 'finger', finger: 'bad' }, { outcome: 'failed' }],
    [
      'a good sample',
      enrolment,
      { answer: 'finger', finger: 'good' },
      { outcome: 'approved', sample: 'good' },
    ],
    [
      'a poor sample',
      enrolment,
      { answer: 'finger', finger: 'bad' },
      { outcome: 'approved', sample: 'poor-quality' },
    ],
    [
      'a sample of one kind',
      enrolment,
      { answer: 'finger', finger: 'bad', sample: 'too-fast' },
      { outcome: 'approved', sample: 'too-fast' },
    ],
    ['an account by place', choice, { answer: 'account', account: 1 }, { outcome: 'approved', account: 1 }],
    ['an account by user', choice, { answer: 'account', account: 'BB' }, { outcome: 'approved', account: 1 }],
  ])('means what it says: %s', (_, question, reply, answer) => {
    expect(readReply(question, reply, noPin)).toEqual(answer);
  });

  it('with a PIN is compared with the key', () => {
    const compare = (tried: string) => tried === '1234';
    expect(readReply(pin, { answer: 'pin', pin: '1234' }, compare)).toEqual({ outcome: 'approved' });
    expect(readReply(pin, { answer: 'pin', pin: '1235' }, compare)).toEqual({ outcome: 'failed' });
  });

  it.each<[ConsentQuestion, UserReply, string]>([
    [presence, { answer: 'fail' }, 'Only a verification can fail; answer `deny` instead.'],
    [pin, { answer: 'touch' }, 'The key asks for a verification, not for a touch.'],
    [presence, { answer: 'pin', pin: '1234' }, 'The key does not ask for a PIN.'],
    [finger, { answer: 'pin', pin: '1234' }, 'The key does not ask for a PIN.'],
    [pin, { answer: 'pin', pin: '1234' }, 'The key has no PIN to compare with; answer `allow` or `fail`.'],
    [pin, { answer: 'finger', finger: 'good' }, 'The key does not ask for a finger.'],
    [presence, { answer: 'finger', finger: 'good' }, 'The key does not ask for a finger.'],
    [presence, { answer: 'account', account: 0 }, 'The key does not ask for an account.'],
    [
      choice,
      { answer: 'account', account: 2 },
      'There is no such account; the key offers 2, counted from 0.',
    ],
    [
      choice,
      { answer: 'account', account: 'cc' },
      'There is no such account; the key offers 2, counted from 0.',
    ],
  ])('that does not fit %o is refused: %o', (question, reply, sentence) => {
    expect(() => readReply(question, reply, noPin)).toThrow(
      expect.objectContaining({ problem: 'refused', message: sentence }),
    );
  });
});

describe('a filter', () => {
  it.each([
    [{}, true],
    [{ rpId: 'example.com', kind: 'presence', purpose: 'sign-in', command: 'getAssertion' }, true],
    [{ rpId: 'example.org' }, false],
    [{ kind: 'choice' }, false],
    [{ purpose: 'register' }, false],
    [{ command: 'makeCredential' }, false],
  ] as const)('means the questions that fit all of it: %o', (filter, expected) => {
    expect(isMeant(filter, presence)).toBe(expected);
  });
});
