import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { initialState } from '../../src/keystore/device-state.ts';
import { openKeystoreDirectory } from '../../src/keystore/lmdb.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import type { Credential } from '../../src/ports/credential.ts';
import type { ConflictRule, DeviceState, Keystore } from '../../src/ports/keystore.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { makeCredential, makeTestDirectory } from '../unit/keystore/fixtures.ts';

/** Credentials whose ids, sites and accounts meet often. */
interface Shape {
  readonly id: number;
  readonly site: number;
  readonly user: number;
  readonly discoverable: boolean;
  readonly signCount: number;
}

type Step =
  | { readonly kind: 'add'; readonly shape: Shape }
  | { readonly kind: 'addAll'; readonly shapes: readonly Shape[]; readonly onConflict: ConflictRule }
  | { readonly kind: 'update'; readonly shape: Shape }
  | { readonly kind: 'remove'; readonly ids: readonly number[] }
  | { readonly kind: 'state'; readonly pinRetries: number }
  | { readonly kind: 'reset' };

const idOf = (id: number): Uint8Array => new Uint8Array(16).fill(id);

function credentialOf({ id, site, user, discoverable, signCount }: Shape): Credential {
  const members = { rpId: `site${site}.example`, user: { id: Uint8Array.of(user) }, discoverable, signCount };
  return makeCredential('property', { ...members, id: idOf(id) });
}

const shape: fc.Arbitrary<Shape> = fc.record({
  id: fc.nat(6),
  site: fc.nat(2),
  user: fc.nat(2),
  discoverable: fc.boolean(),
  signCount: fc.nat(1000),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), shape }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('addAll' as const),
      shapes: fc.array(shape, { maxLength: 4 }),
      onConflict: fc.constantFrom<ConflictRule>('fail', 'skip', 'replace'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('update' as const), shape }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      ids: fc.array(fc.nat(6), { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('state' as const), pinRetries: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const) }) },
);

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const sameAccount = (a: Credential, b: Credential): boolean =>
  a.discoverable && b.discoverable && a.rpId === b.rpId && same(a.user!.id, b.user!.id);
const clash = (a: Credential, b: Credential): boolean => same(a.id, b.id) || sameAccount(a, b);

/** The contract as a list, oldest first, with no index and no cleverness. */
class Model {
  credentials: Credential[] = [];
  state: DeviceState;

  constructor(factory: DeviceState) {
    this.state = factory;
  }

  add(credential: Credential): void {
    this.credentials = [...this.credentials.filter((other) => !clash(other, credential)), credential];
  }

  apply(step: Step, factory: DeviceState): unknown {
    if (step.kind === 'addAll') return this.#addAll(step.shapes.map(credentialOf), step.onConflict);
    if (step.kind === 'update') return this.#update(credentialOf(step.shape));
    if (step.kind === 'remove') return this.#remove(step.ids);
    if (step.kind === 'add') this.add(credentialOf(step.shape));
    else if (step.kind === 'state') this.state = { ...this.state, pinRetries: step.pinRetries };
    else [this.credentials, this.state] = [[], factory];
    return undefined;
  }

  #addAll(credentials: readonly Credential[], onConflict: ConflictRule): unknown {
    const rivals = credentials.filter((item) => this.credentials.some((other) => clash(other, item)));
    const conflicts = rivals.map(({ id }) => id);
    if (onConflict === 'fail' && rivals.length > 0) return { added: 0, conflicts };
    const chosen = onConflict === 'skip' ? credentials.filter((item) => !rivals.includes(item)) : credentials;
    for (const credential of chosen) this.add(credential);
    return { added: chosen.length, conflicts };
  }

  #update(credential: Credential): boolean {
    if (!this.credentials.some(({ id }) => same(id, credential.id))) return false;
    this.credentials = this.credentials
      .filter((other) => same(other.id, credential.id) || !sameAccount(other, credential))
      .map((other) => (same(other.id, credential.id) ? credential : other));
    return true;
  }

  #remove(ids: readonly number[]): number {
    const before = this.credentials.length;
    this.credentials = this.credentials.filter(({ id }) => !ids.some((other) => same(id, idOf(other))));
    return before - this.credentials.length;
  }
}

function perform(keystore: Keystore, step: Step, factory: DeviceState): Promise<unknown> {
  if (step.kind === 'add') return keystore.add(credentialOf(step.shape));
  if (step.kind === 'addAll') return keystore.addAll(step.shapes.map(credentialOf), step.onConflict);
  if (step.kind === 'update') return keystore.update(credentialOf(step.shape));
  if (step.kind === 'remove') return keystore.remove(step.ids.map(idOf));
  if (step.kind === 'state') return keystore.updateState({ pinRetries: step.pinRetries });
  return keystore.reset(factory);
}

/** Compares every answer of the keystore with what follows from the list. */
function compare(keystore: Keystore, model: Model): void {
  const newestFirst = [...model.credentials].reverse();
  expect([...keystore.all()]).toEqual(newestFirst);
  expect(keystore.state()).toEqual(model.state);
  const listed = newestFirst.filter(({ discoverable }) => discoverable);
  expect(keystore.countDiscoverable()).toBe(listed.length);
  const sites = [0, 1, 2].map((site) => `site${site}.example`);
  const newest = sites.flatMap((site) => listed.find(({ rpId }) => rpId === site) ?? []);
  const found = [...keystore.discoverableRps()].sort((a, b) => (a.rpId! < b.rpId! ? -1 : 1));
  expect(found).toEqual(newest);
  for (const site of sites) {
    const { rpIdHash } = makeCredential('any', { rpId: site });
    expect(keystore.discoverable(rpIdHash)).toEqual(listed.filter(({ rpId }) => rpId === site));
  }
  for (let id = 0; id <= 6; id += 1) {
    const expected = newestFirst.find((credential) => same(credential.id, idOf(id)));
    expect(keystore.findById(idOf(id))).toEqual(expected);
  }
}

async function followModel(keystore: Keystore, factory: DeviceState, steps: readonly Step[]): Promise<void> {
  const model = new Model(factory);
  const { generation } = keystore;
  for (const each of steps) {
    expect(await perform(keystore, each, factory)).toEqual(model.apply(each, factory));
    compare(keystore, model);
  }
  expect(keystore.generation).toBe(generation);
}

describe('any sequence of operations', () => {
  const factory = initialState(createSeededRandom('factory'));

  it('has the same effect on a keystore in memory as on a plain list', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) =>
        followModel(createMemoryKeystore({ random: createSeededRandom('m'), factory }), factory, steps),
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  it('has the same effect on a keystore in LMDB as on a plain list', async () => {
    const place = makeTestDirectory();
    const options = { directory: place.path, random: createSeededRandom('lmdb'), clock: createFakeClock() };
    const directory = await openKeystoreDirectory(options);
    let key = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        key += 1;
        await followModel(await directory.open(`key ${key}`, { factory }), factory, steps);
      }),
      { numRuns: 25 },
    );
    await directory.close();
    place.remove();
  }, 60_000);
});
