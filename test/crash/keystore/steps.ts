import { createHash } from 'node:crypto';

import type { Credential } from '../../../src/ports/credential.ts';
import type { Keystore } from '../../../src/ports/keystore.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';

/** What a key does between two crashes. Each step can be told from what it leaves behind. */
export type Step =
  | { readonly kind: 'add'; readonly id: number }
  | { readonly kind: 'use'; readonly id: number; readonly signCount: number }
  | { readonly kind: 'remove'; readonly id: number }
  | { readonly kind: 'retry'; readonly pinRetries: number }
  | { readonly kind: 'blob'; readonly length: number };

/** The contents of a key as far as the steps touch them. */
export interface Contents {
  readonly signCounts: Readonly<Record<string, number>>;
  readonly pinRetries: number;
  readonly blobLength: number;
}

export const emptyContents: Contents = { signCounts: {}, pinRetries: 8, blobLength: 0 };

/** The steps of one round, the same in the process that performs them and in the one that checks. */
export function stepsOf(round: number): Step[] {
  const dice = createSeededRandom(`steps of round ${round}`).bytes(60);
  const steps: Step[] = [];
  for (let index = 0; index + 2 < dice.length; index += 3) {
    const [kind = 0, id = 0, number = 0] = dice.subarray(index, index + 3);
    steps.push(stepOf(kind % 8, id % 12, round * 1000 + index + (number % 2)));
  }
  return steps;
}

function stepOf(kind: number, id: number, number: number): Step {
  if (kind < 3) return { kind: 'add', id };
  if (kind < 5) return { kind: 'use', id, signCount: number };
  if (kind < 6) return { kind: 'remove', id };
  return kind < 7 ? { kind: 'retry', pinRetries: number % 9 } : { kind: 'blob', length: 1 + (number % 9000) };
}

export async function perform(keystore: Keystore, step: Step): Promise<void> {
  if (step.kind === 'add')
    await keystore.add(credentialOf(step.id, 0), { credStoreState: hash(`s${step.id}`) });
  else if (step.kind === 'use') await keystore.update(credentialOf(step.id, step.signCount));
  else if (step.kind === 'remove') await keystore.remove([credentialOf(step.id, 0).id]);
  else if (step.kind === 'retry') await keystore.updateState({ pinRetries: step.pinRetries });
  else await keystore.updateState({ largeBlobArray: new Uint8Array(step.length).fill(7) });
}

export function follow(contents: Contents, step: Step): Contents {
  const { signCounts } = contents;
  if (step.kind === 'retry') return { ...contents, pinRetries: step.pinRetries };
  if (step.kind === 'blob') return { ...contents, blobLength: step.length };
  const old = signCounts[step.id];
  const others = Object.fromEntries(Object.entries(signCounts).filter(([id]) => id !== String(step.id)));
  if (step.kind === 'remove') return { ...contents, signCounts: others };
  if (step.kind === 'add') return { ...contents, signCounts: { ...others, [step.id]: 0 } };
  return old === undefined ? contents : { ...contents, signCounts: { ...others, [step.id]: step.signCount } };
}

/** Reads through every index; a store that is half-written does not survive this. */
export function contentsOf(keystore: Keystore): Contents {
  const all = [...keystore.all()];
  const numbers = new Map(Array.from({ length: 12 }, (_, id) => [hex(credentialOf(id, 0).id), id]));
  const listed = keystore.discoverable(hash('example.com'));
  const isWhole =
    listed.length === all.length &&
    keystore.countDiscoverable() === all.length &&
    keystore.discoverableRps().length === Math.min(1, all.length) &&
    all.every((credential) => keystore.findById(credential.id)?.signCount === credential.signCount);
  if (!isWhole) throw new Error('The indexes do not agree.');
  return {
    signCounts: Object.fromEntries(
      all.map(({ id, signCount }): [string, number] => [String(numbers.get(hex(id))), signCount ?? -1]),
    ),
    pinRetries: keystore.state().pinRetries,
    blobLength: keystore.state().largeBlobArray?.length ?? 0,
  };
}

export function credentialOf(id: number, signCount: number): Credential {
  return {
    id: hash(`id ${id}`),
    rpIdHash: hash('example.com'),
    rpId: 'example.com',
    user: { id: Uint8Array.of(id >> 8, id & 255), name: `user ${id}` },
    discoverable: true,
    protocol: 'ctap2',
    algorithm: -7,
    privateKey: hash(`key ${id}`),
    publicKey: new Map([[1, 2]]),
    signCount,
    credProtect: 1,
    credRandomWithUv: hash(`with ${id}`),
    credRandomWithoutUv: hash(`without ${id}`),
    thirdPartyPayment: false,
    backupEligible: false,
    backupState: false,
    createdAt: 0,
  };
}

function hash(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
