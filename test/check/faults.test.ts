import { describe, expect, it } from 'vitest';
import { describeAttestation } from '../../src/app/attestation-admin.ts';
import type { CreateKeyOptions, Key } from '../../src/app/create-key.ts';
import type { FaultRule } from '../../src/faults/fault.ts';
import { faultCatalogue } from '../../src/faults/faults.ts';
import { createIdleClock, crypto, listOf, table } from './table.ts';

interface Expectation {
  readonly fault: string;
  readonly parameters?: NonNullable<FaultRule['parameters']>;
  /** Groups and checks that run. */
  readonly only: readonly string[];
  /** What a person reads who checks such a key. */
  readonly finds: RegExp;
  readonly key?: CreateKeyOptions;
  /** Groups and checks that run before the fault is there. */
  readonly before?: readonly string[];
}

const attests = { profile: { extends: 'enterprise', algorithms: [-7] } } as CreateKeyOptions;

const clock = createIdleClock();

/** A user who takes 2 s. */
const slow: CreateKeyOptions = {
  clock,
  consent: () => new Promise((resolve) => void clock.after(2000, () => resolve({ outcome: 'approved' }))),
};

const made = ['registration.works'];

/** A counter that is not at zero any more: one that stays there is in order. */
const counts = {
  before: ['sign-in.works'],
  key: { profile: { counter: 'global', algorithms: [-7] } },
} as const;

const expectations: readonly Expectation[] = [
  { fault: 'ctap.status', only: made, finds: /^registration\.works: The key answered with OTHER/ },
  { fault: 'ctap.u2f-status', only: ['u2f'], finds: /^u2f\.register: .*status word 6985/m },
  {
    fault: 'ctap.signature',
    only: ['sign-in'],
    finds: /^sign-in\.signature: The signature .* does not verify/m,
  },
  {
    fault: 'ctap.signature',
    parameters: { how: 'empty' },
    only: ['u2f'],
    finds: /^u2f\.authenticate: .*signature/m,
  },
  { fault: 'ctap.rp-id-hash', only: ['registration'], finds: /^registration\.rp-id-hash: The RP ID hash/m },
  { fault: 'ctap.rp-id-hash', only: ['sign-in'], finds: /^sign-in\.rp-id-hash: The RP ID hash/m },
  { fault: 'ctap.flag', only: ['sign-in'], finds: /^sign-in\.flags: The flag UP .* clear/m },
  { fault: 'ctap.flag', parameters: { flag: 'BS', set: true }, only: ['sign-in'], finds: /BS .* without BE/ },
  {
    fault: 'ctap.flag',
    parameters: { flag: 'UV', set: true },
    only: ['registration'],
    finds: /flag UV .* set/,
  },
  {
    fault: 'ctap.counter',
    parameters: { how: 'back', by: 1000 },
    only: ['sign-in'],
    ...counts,
    finds: /counter does not grow/,
  },
  {
    fault: 'ctap.counter',
    parameters: { how: 'frozen' },
    only: ['sign-in'],
    finds: /counter does not grow/,
    ...counts,
  },
  { fault: 'ctap.counter', parameters: { how: 'jump', by: 5000 }, only: ['sign-in'], finds: /counter leaps/ },
  { fault: 'ctap.aaguid', only: ['registration'], finds: /^registration\.aaguid: The AAGUID .* deadbeef/m },
  { fault: 'ctap.credential-id', only: ['sign-in'], finds: /^sign-in\.works: .*NO_CREDENTIALS/m },
  { fault: 'ctap.user-handle', only: ['sign-in'], finds: /^sign-in\.user: The user handle/m },
  { fault: 'ctap.extension-output', only: ['extensions'], finds: /no output of credProtect/ },
  {
    fault: 'ctap.extension-output',
    parameters: { how: 'extra' },
    only: ['registration'],
    finds: /^registration\.no-extensions: There is the output of an extension that was not asked for/m,
  },
  { fault: 'ctap.extension-output', parameters: { how: 'not-cbor' }, only: made, finds: /does not decode/ },
  { fault: 'ctap.cbor-not-canonical', only: made, finds: /does not decode: map keys are out of order/ },
  {
    fault: 'ctap.cbor-not-canonical',
    parameters: { how: 'long-integer' },
    only: made,
    finds: /^registration\.works: .*does not decode/,
  },
  { fault: 'ctap.cbor-truncated', only: made, finds: /does not decode: .* cut off/ },
  { fault: 'ctap.unknown-member', only: ['info.members'], finds: /unknown member 0xfa/ },
  {
    fault: 'attestation.signature',
    only: ['registration'],
    finds: /^registration\.attestation: The attestation signature/m,
  },
  {
    fault: 'attestation.signature',
    key: attests,
    only: ['registration'],
    finds: /The attestation signature does not/,
  },
  { fault: 'attestation.signature', only: ['u2f'], finds: /^u2f\.attestation: The attestation signature/m },
  {
    fault: 'attestation.expired',
    key: attests,
    only: ['registration'],
    finds: /certificate has expired on 20/,
  },
  { fault: 'attestation.foreign', key: attests, only: ['registration'], finds: /not issued by an authority/ },
  {
    fault: 'attestation.aaguid',
    key: attests,
    only: ['registration'],
    finds: /certificate is for another AAGUID/,
  },
  { fault: 'attestation.format', only: ['registration'], finds: /format example-format/ },
  { fault: 'ctaphid.lost', only: made, finds: /silent for 3000 ms/ },
  { fault: 'ctaphid.doubled', only: made, finds: /message is interrupted by another/ },
  { fault: 'ctaphid.reordered', only: made, finds: /part of a message is missing/ },
  { fault: 'ctaphid.delayed', only: ['waiting'], finds: /^waiting\.keep-alive: It was silent for \d+ ms/m },
  { fault: 'ctaphid.wrong-channel', only: made, finds: /silent for 3000 ms/ },
  { fault: 'ctaphid.wrong-sequence', only: made, finds: /part of a message is missing/ },
  { fault: 'ctaphid.no-keep-alive', key: slow, only: ['waiting'], finds: /keep-alives are missing/ },
  { fault: 'ctaphid.endless-keep-alive', only: made, finds: /does not come to an end within 20000 ms/ },
  { fault: 'ctaphid.error', only: made, finds: /CTAPHID error other/ },
  { fault: 'ctaphid.busy', only: made, finds: /CTAPHID error channelBusy/ },
  { fault: 'storage.full', only: made, finds: /KEY_STORE_FULL/ },
  { fault: 'storage.failing', only: made, finds: /answered with OTHER/ },
  {
    fault: 'usb.unplug',
    only: ['registration.works', 'registration.flags'],
    finds: /connection to the key is closed|key is gone/,
  },
  { fault: 'usb.replug', only: made, finds: /connection to the key is closed/ },
];

describe('a key with a fault', () => {
  it.each(expectations)(
    '$fault $parameters is found',
    async ({ fault, parameters, only, finds, key, before }) => {
      const rule = { fault, ...(parameters && { parameters }) };
      const { run, spoil, key: tested } = table({ profile: { algorithms: [-7] }, ...key });
      if (before) await run(before);
      spoil(rule);
      const root = await rootOf(tested);
      const report = await run(only, { limit: only === made ? 20_000 : 60_000, roots: root ? [root] : [] });
      expect(listOf(report, 'failed').join('\n')).toMatch(finds);
    },
  );

  it('is each of the catalogue', () => {
    const found = new Set(expectations.map(({ fault }) => fault));
    expect(faultCatalogue.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([]);
  });
});

/** The certificate of the authority that issues what this key attests with. */
async function rootOf({ keystore, profile }: Key): Promise<Uint8Array | undefined> {
  if (profile.attestation !== 'packed') return undefined;
  const named = { name: 'tested', changed: false, profile };
  const { root } = await describeAttestation(keystore, crypto, profile, named);
  return Uint8Array.from(Buffer.from(root.replace(/-----.*-----/g, ''), 'base64'));
}
