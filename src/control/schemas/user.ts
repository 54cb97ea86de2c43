import { z } from 'zod';
import { instant, milliseconds } from './common.ts';

export const policyAction = z.enum(['allow', 'deny', 'fail', 'ignore', 'ask']);
const kind = z.enum(['presence', 'verification', 'choice']);
const purpose = z.enum([
  'register',
  'sign-in',
  'already-registered',
  'select',
  'reset',
  'pin-token',
  'enroll-fingerprint',
  'choose-account',
]);
const command = z.enum([
  'makeCredential',
  'getAssertion',
  'selection',
  'reset',
  'clientPin',
  'bioEnrollment',
]);
export const fingerprintSample = z.enum([
  'good',
  'too-high',
  'too-low',
  'too-left',
  'too-right',
  'too-fast',
  'too-slow',
  'poor-quality',
  'too-skewed',
  'too-short',
  'merge-failure',
  'exists',
  'no-user-presence-transition',
]);
const rpId = z.string().min(1).max(2048);

const filterMembers = {
  rpId: rpId.exactOptional(),
  kind: kind.exactOptional(),
  purpose: purpose.exactOptional(),
  command: command.exactOptional(),
};

export const questionFilter = z.strictObject(filterMembers);

const ruleMembers = {
  action: policyAction,
  delayMs: milliseconds.exactOptional(),
  ...filterMembers,
  times: z.int().min(1).exactOptional(),
  account: z.int().min(0).exactOptional(),
  sample: fingerprintSample.exactOptional(),
};

export const policyRule = z.strictObject(ruleMembers).meta({
  id: 'PolicyRule',
  description: 'What the user does with the questions that meet every condition given',
});

export const policy = z
  .object({ id: z.string(), used: z.int(), ...ruleMembers })
  .meta({ id: 'Policy', description: 'A rule in force, with the number of questions that it has decided' });

const account = z.object({
  name: z.string().exactOptional(),
  displayName: z.string().exactOptional(),
  userId: z.string(),
});

export const question = z
  .object({
    id: z.string(),
    kind,
    purpose,
    key: z.string().meta({ description: 'Name of the key that asks' }),
    site: z.string().exactOptional(),
    siteName: z.string().exactOptional(),
    accounts: z.array(account).readonly(),
    verification: z
      .object({ modality: z.enum(['pin', 'fingerprint']), retriesLeft: z.int() })
      .exactOptional(),
    longTouch: z.boolean().exactOptional(),
    timeoutMs: z.number(),
    askedAt: instant,
    deadline: instant,
  })
  .meta({ id: 'Question' });

export const reply = z
  .discriminatedUnion('answer', [
    z.strictObject({ answer: z.enum(['touch', 'allow', 'deny', 'fail']) }),
    z.strictObject({ answer: z.literal('pin'), pin: z.string().min(1).max(255) }),
    z.strictObject({
      answer: z.literal('finger'),
      finger: z.enum(['good', 'bad']),
      sample: fingerprintSample.exactOptional(),
    }),
    z.strictObject({
      answer: z.literal('account'),
      account: z.union([z.int().min(0), z.string().max(128)]),
    }),
  ])
  .meta({ id: 'Reply', description: 'An answer to a waiting question' });

export const consentAnswer = z.object({
  outcome: z.enum(['approved', 'failed', 'declined', 'timeout', 'cancelled']),
  account: z.int().exactOptional(),
  sample: fingerprintSample.exactOptional(),
});

export const answeredBy = z.enum(['policy', 'habit', 'control', 'terminal', 'nobody']);
