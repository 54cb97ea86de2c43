import { describe, expect, it } from 'vitest';
import {
  accountLabel,
  siteLabel,
  wordAnswer,
  wordExchange,
  wordQuestion,
} from '../../../src/consent/wording.ts';
import type { ConsentPurpose } from '../../../src/ports/consent.ts';
import { question } from './support.ts';

describe('wordQuestion', () => {
  it.each<[ConsentPurpose, string]>([
    ['register', 'Register this key with example.com?'],
    ['sign-in', 'Sign in to example.com?'],
    ['already-registered', 'This key is registered with example.com already. Tell the site?'],
    ['select', 'Use this key?'],
    ['reset', 'Erase this key, with all its passkeys and its PIN?'],
    ['pin-token', 'Confirm to example.com that it is you?'],
    ['enroll-fingerprint', 'Enroll a fingerprint?'],
    ['choose-account', 'Sign in to example.com with which account?'],
  ])('says what %s means', (purpose, title) => {
    expect(wordQuestion(question({ purpose })).title).toBe(title);
  });

  it('does without a site', () => {
    const rest = { kind: 'presence', key: 'default', accounts: [], timeoutMs: 1 } as const;
    expect(wordQuestion({ ...rest, purpose: 'sign-in' }).title).toBe('Sign in to a site?');
    expect(wordQuestion({ ...rest, purpose: 'pin-token' }).title).toBe('Confirm that it is you?');
  });

  it('repeats no name that says nothing new', () => {
    expect(wordQuestion(question({ siteName: 'example.com', accounts: [] })).facts).toEqual([
      ['Key', 'default'],
    ]);
  });
});

describe('labels', () => {
  it.each([
    [{ name: 'alice', displayName: 'Alice', userId: '00' }, 'alice – Alice'],
    [{ name: 'alice', displayName: 'alice', userId: '00' }, 'alice'],
    [{ name: '', userId: '0102' }, '(no name, user 0102)'],
    [{ name: 'a\x1b[1m', userId: '00' }, 'a\ufffd[1m'],
  ])('of account %j', (account, label) => {
    expect(accountLabel(account)).toBe(label);
  });

  it('of a U2F site is the beginning of its hash', () => {
    expect(siteLabel('ab'.repeat(32))).toBe('U2F site abababababababab…');
  });
});

describe('answers', () => {
  it.each([
    [{ outcome: 'approved' }, 'Allowed'],
    [{ outcome: 'declined' }, 'Denied'],
    [{ outcome: 'failed' }, 'Not recognized'],
    [{ outcome: 'timeout' }, 'No answer in time'],
    [{ outcome: 'cancelled' }, 'Cancelled by the other side'],
  ] as const)('%j', (answer, words) => {
    expect(wordAnswer(question(), answer)).toBe(words);
    expect(wordExchange(question(), answer)).toBe(`sign-in example.com (alice): ${words}`);
  });

  it('name the PIN and the account', () => {
    const verification = { modality: 'pin', retriesLeft: 1 } as const;
    expect(wordAnswer(question({ verification }), { outcome: 'failed' })).toBe('Wrong PIN');
    expect(wordAnswer(question({ kind: 'choice' }), { outcome: 'approved' })).toBe('Allowed: alice');
  });
});
