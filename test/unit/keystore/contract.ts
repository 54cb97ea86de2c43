import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { initialState } from '../../../src/keystore/device-state.ts';
import type { Credential } from '../../../src/ports/credential.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import type { DeviceState, Keystore } from '../../../src/ports/keystore.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { fullCredential, fullState, makeCredential, rpIdHashOf, u2fCredential, without } from './fixtures.ts';

/** One key, and a way for another party to open it too. */
export interface ContractSubject {
  readonly keystore: Keystore;
  openSecond(): Promise<Keystore>;
  close(): Promise<void>;
}

const ids = (credentials: Iterable<Credential>): string[] =>
  [...credentials].map((credential) => Buffer.from(credential.id).toString('hex'));

const siteHash = rpIdHashOf('example.com');

/** What every keystore has to do, whatever it is made of. */
export function describeKeystore(
  name: string,
  create: (factory: DeviceState) => Promise<ContractSubject>,
): void {
  describe(`keystore contract: ${name}`, () => {
    const factory = initialState(createSeededRandom('factory'));
    let subject: ContractSubject;
    let keystore: Keystore;

    beforeEach(async () => {
      subject = await create(factory);
      keystore = subject.keystore;
    });
    afterEach(() => subject.close());

    it('begins with the factory state and without credentials', () => {
      expect(keystore.state()).toEqual(factory);
      expect(keystore.attestation()).toBeUndefined();
      expect(keystore.countDiscoverable()).toBe(0);
      expect([...keystore.all()]).toEqual([]);
      expect(keystore.discoverableRps()).toEqual([]);
    });

    it('keeps every member of the state, and removes those given as undefined', async () => {
      await keystore.updateState(fullState());
      expect(keystore.state()).toEqual(fullState());
      await keystore.updateState({ pin: undefined, largeBlobArray: undefined, pinRetries: 8 });
      expect(keystore.state()).toEqual({ ...without(fullState(), 'pin', 'largeBlobArray'), pinRetries: 8 });
    });

    it('keeps the large-blob array when other members change', async () => {
      const { largeBlobArray } = fullState();
      await keystore.updateState({ largeBlobArray });
      await keystore.updateState({ pinRetries: 1 });
      expect(keystore.state().largeBlobArray).toEqual(largeBlobArray);
    });

    it('keeps attestation material through a reset', async () => {
      const random = createSeededRandom('attestation');
      const certified = { privateKey: random.bytes(138), certificate: random.bytes(700) };
      await keystore.setAttestation({ root: certified, batch: certified, enterprise: certified });
      await keystore.reset(factory);
      expect(keystore.attestation()).toEqual({ root: certified, batch: certified, enterprise: certified });
    });

    it.each([
      ['an ordinary one', makeCredential('ordinary')],
      ['one with everything', fullCredential('everything')],
      ['one made over U2F', u2fCredential('u2f')],
      ['one with an empty user name', makeCredential('empty', { user: { id: Uint8Array.of(0), name: '' } })],
      ['one with the longest id', makeCredential('long', { id: createSeededRandom('long id').bytes(1023) })],
    ])('returns a credential as it was stored: %s', async (_what, credential) => {
      await keystore.add(credential);
      expect(keystore.findById(credential.id)).toEqual(credential);
      expect(keystore.find(credential.rpIdHash, credential.id)).toEqual(credential);
      expect([...keystore.all()]).toEqual([credential]);
    });

    it('finds by id only for the RP it belongs to', async () => {
      const credential = makeCredential('a');
      await keystore.add(credential);
      expect(keystore.find(rpIdHashOf('evil.example'), credential.id)).toBeUndefined();
      expect(keystore.find(siteHash, makeCredential('b').id)).toBeUndefined();
      expect(keystore.findById(makeCredential('b').id)).toBeUndefined();
    });

    it('is not changed by a buffer that its owner wipes', async () => {
      const id = new Uint8Array(32).fill(9);
      const privateKey = new Uint8Array(100).fill(8);
      await keystore.add(makeCredential('a', { id, privateKey }));
      privateKey.fill(0);
      expect(keystore.findById(id)?.privateKey).toEqual(new Uint8Array(100).fill(8));
    });

    it('lists discoverable credentials of a site, newest first, whatever the clock says', async () => {
      const old = makeCredential('old', { createdAt: 3000 });
      const young = makeCredential('young', { createdAt: 1000 });
      const other = makeCredential('other', { rpId: 'other.example' });
      const hidden = makeCredential('hidden', { discoverable: false });
      for (const credential of [old, other, hidden, young]) await keystore.add(credential);
      expect(ids(keystore.discoverable(siteHash))).toEqual(ids([young, old]));
      expect(ids(keystore.all())).toEqual(ids([young, hidden, other, old]));
      expect(keystore.countDiscoverable()).toBe(3);
    });

    it('gives the newest discoverable credential of each site, in a stable order', async () => {
      const sites = ['a', 'b', 'c', 'd'].map((letter) => `${letter}.example`);
      for (const rpId of sites) await keystore.add(makeCredential(`old ${rpId}`, { rpId }));
      await keystore.add(makeCredential('hidden', { rpId: 'e.example', discoverable: false }));
      const newest = sites.map((rpId) => makeCredential(`new ${rpId}`, { rpId }));
      for (const credential of newest) await keystore.add(credential);
      const first = ids(keystore.discoverableRps());
      expect([...first].sort()).toEqual(ids(newest).sort());
      await keystore.update({ ...(newest[1] as Credential), signCount: 99 });
      expect(ids(keystore.discoverableRps())).toEqual(first);
    });

    it('replaces a discoverable credential of the same account, and only that', async () => {
      const user = { id: Uint8Array.of(1, 2, 3) };
      const first = makeCredential('first', { user });
      const hidden = makeCredential('hidden', { user, discoverable: false });
      const elsewhere = makeCredential('elsewhere', { user, rpId: 'other.example' });
      const second = makeCredential('second', { user });
      for (const credential of [first, hidden, elsewhere, second]) await keystore.add(credential);
      expect(ids(keystore.all())).toEqual(ids([second, elsewhere, hidden]));
      expect(keystore.countDiscoverable()).toBe(2);
    });

    it('stores a credential and a change of state together', async () => {
      await keystore.add(makeCredential('a'), { credStoreState: new Uint8Array(16).fill(5) });
      expect(keystore.state().credStoreState).toEqual(new Uint8Array(16).fill(5));
    });

    it('updates in place: members change, age stays', async () => {
      const [a, b] = [makeCredential('a'), makeCredential('b')];
      await keystore.add(a);
      await keystore.add(b);
      const used = { ...a, signCount: 8, lastUsedAt: 1_790_000_000_000, backupState: true };
      expect(await keystore.update(used, { signCount: 55 })).toBe(true);
      const renamed = { ...b, user: { ...b.user, id: b.user?.id ?? new Uint8Array(1), name: 'renamed' } };
      expect(await keystore.update(renamed)).toBe(true);
      expect([...keystore.discoverable(siteHash)]).toEqual([renamed, used]);
      expect(keystore.state().signCount).toBe(55);
    });

    it('removes optional members in an update', async () => {
      const full = fullCredential('a');
      await keystore.add(full);
      const rest = without(full, 'credBlob', 'lastUsedAt', 'largeBlob');
      await keystore.update(rest);
      expect(keystore.findById(full.id)).toEqual(rest);
    });

    it('moves a credential between listings when an update says so', async () => {
      const credential = makeCredential('a');
      await keystore.add(credential);
      await keystore.update({ ...credential, discoverable: false });
      expect(keystore.discoverable(siteHash)).toEqual([]);
      expect(keystore.countDiscoverable()).toBe(0);
      await keystore.update({ ...credential, rpId: 'b.example', rpIdHash: rpIdHashOf('b.example') });
      expect(ids(keystore.discoverable(rpIdHashOf('b.example')))).toEqual(ids([credential]));
      expect(keystore.discoverable(siteHash)).toEqual([]);
      expect(keystore.countDiscoverable()).toBe(1);
    });

    it('does not bring back a credential that is gone', async () => {
      expect(await keystore.update(makeCredential('gone'), { signCount: 9 })).toBe(false);
      expect(keystore.findById(makeCredential('gone').id)).toBeUndefined();
      expect(keystore.state().signCount).toBe(0);
    });

    it('changes a credential as it is in that moment, with the state, or not at all', async () => {
      const credential = makeCredential('a', { signCount: 7 });
      await keystore.add(credential);
      const second = await subject.openSecond();
      await second.update({ ...credential, signCount: 8 });
      const changed = await keystore.change(credential.id, (now) => ({ ...now, backupState: true }), {
        signCount: 3,
      });
      expect(changed).toEqual({ ...credential, signCount: 8, backupState: true });
      expect(second.findById(credential.id)).toEqual(changed);
      expect(second.state().signCount).toBe(3);
      const refusal = keystore.change(credential.id, () => {
        throw new UsageError('no');
      });
      await expect(refusal).rejects.toThrow(UsageError);
      expect(second.findById(credential.id)).toEqual(changed);
      const gone = keystore.change(makeCredential('gone').id, (now) => now, { signCount: 9 });
      expect(await gone).toBeUndefined();
      expect(second.state().signCount).toBe(3);
    });

    it('removes what exists and counts it', async () => {
      const [a, b, c] = [
        makeCredential('a'),
        makeCredential('b'),
        makeCredential('c', { discoverable: false }),
      ];
      for (const credential of [a, b, c]) await keystore.add(credential);
      const stranger = makeCredential('stranger');
      expect(await keystore.remove([a.id, stranger.id, c.id, a.id], { signCount: 3 })).toBe(2);
      expect(ids(keystore.all())).toEqual(ids([b]));
      expect(keystore.countDiscoverable()).toBe(1);
      expect(keystore.state().signCount).toBe(3);
    });

    it('resets credentials and state in one step', async () => {
      await keystore.add(makeCredential('a'), fullState());
      await keystore.reset({ ...factory, signCount: 12 });
      expect([...keystore.all()]).toEqual([]);
      expect(keystore.findById(makeCredential('a').id)).toBeUndefined();
      expect(keystore.countDiscoverable()).toBe(0);
      expect(keystore.state()).toEqual({ ...factory, signCount: 12 });
    });

    it('replaces all that it holds in one step', async () => {
      const random = createSeededRandom('attestation');
      const [first, second] = [1, 2].map(() => ({
        privateKey: random.bytes(138),
        certificate: random.bytes(9),
      }));
      if (!first || !second) throw new Error('unreachable');
      const [old, older, newer] = ['old', 'older', 'newer'].map((name) => makeCredential(name));
      if (!old || !older || !newer) throw new Error('unreachable');
      await keystore.setAttestation({ root: first, batch: first });
      await keystore.add(old, fullState());
      const generation = keystore.generation;
      const state = { ...factory, signCount: 12 };
      await keystore.replaceAll({
        state,
        credentials: [older, newer],
        attestation: { root: second, batch: second },
      });
      expect([...keystore.all()]).toEqual([newer, older]);
      expect([keystore.count(), keystore.countDiscoverable()]).toEqual([2, 2]);
      expect(keystore.findById(old.id)).toBeUndefined();
      expect(keystore.state()).toEqual(state);
      expect(keystore.attestation()).toEqual({ root: second, batch: second });
      await keystore.replaceAll({ state, credentials: [] });
      expect([...keystore.all()]).toEqual([]);
      expect(keystore.attestation()).toEqual({ root: second, batch: second });
      expect(keystore.generation).toBe(generation);
    });

    it('counts credentials of both kinds', async () => {
      const [first, second] = [makeCredential('first'), makeCredential('second', { discoverable: false })];
      await keystore.addAll([first, second], 'fail');
      expect([keystore.count(), keystore.countDiscoverable()]).toEqual([2, 1]);
      await keystore.remove([second.id]);
      expect(keystore.count()).toBe(1);
    });

    describe('use', () => {
      it('changes counter and time of a credential, and nothing else', async () => {
        const credential = makeCredential('used');
        await keystore.add(credential);
        const before = keystore.findById(credential.id);
        for (let time = 8; time < 20; time += 1) {
          expect(await keystore.use(credential.id, { signCount: time, lastUsedAt: time })).toBe(true);
          expect(keystore.findById(credential.id)).toEqual({
            ...credential,
            signCount: time,
            lastUsedAt: time,
          });
        }
        expect(before).toEqual(credential);
        expect(keystore.state()).toEqual(factory);
      });

      it('moves a global counter with it, and no generation', async () => {
        const credential = makeCredential('used');
        await keystore.add(credential);
        const { generation } = keystore;
        for (let time = 8; time < 20; time += 1) {
          await keystore.use(credential.id, { signCount: time, lastUsedAt: time }, { signCount: time });
          expect(keystore.state()).toEqual({ ...factory, signCount: time });
        }
        expect(keystore.generation).toBe(generation);
      });

      it('is false for a credential that is not there, and writes nothing', async () => {
        const use = { signCount: 9, lastUsedAt: 9 };
        expect(await keystore.use(makeCredential('absent').id, use, { signCount: 9 })).toBe(false);
        expect(keystore.state()).toEqual(factory);
      });

      it('is overwritten by a later change', async () => {
        const credential = makeCredential('used');
        await keystore.add(credential);
        for (let time = 8; time < 12; time += 1) {
          await keystore.use(credential.id, { signCount: time, lastUsedAt: time });
        }
        await keystore.update({ ...credential, signCount: 3 });
        expect(keystore.findById(credential.id)).toEqual({ ...credential, signCount: 3 });
      });
    });

    describe('addAll', () => {
      const taken = makeCredential('taken');
      const sameAccount = makeCredential('same account', { ...(taken.user && { user: taken.user }) });
      const fresh = makeCredential('fresh');
      const change = { signCount: 77 };

      beforeEach(() => keystore.add(taken));

      it('adds in the order given', async () => {
        const later = makeCredential('later');
        expect(await keystore.addAll([fresh, later], 'fail', change)).toEqual({ added: 2, conflicts: [] });
        expect(ids(keystore.all())).toEqual(ids([later, fresh, taken]));
        expect(keystore.state().signCount).toBe(77);
      });

      it('writes nothing at a conflict under `fail`', async () => {
        const result = await keystore.addAll([fresh, sameAccount], 'fail', change);
        expect(result).toEqual({ added: 0, conflicts: [sameAccount.id] });
        expect(ids(keystore.all())).toEqual(ids([taken]));
        expect(keystore.state().signCount).toBe(0);
      });

      it('keeps the old one under `skip`', async () => {
        const result = await keystore.addAll([{ ...taken, signCount: 1 }, fresh], 'skip', change);
        expect(result).toEqual({ added: 1, conflicts: [taken.id] });
        expect(keystore.findById(taken.id)).toEqual(taken);
        expect(keystore.findById(fresh.id)).toEqual(fresh);
      });

      it('takes the new one under `replace`', async () => {
        const result = await keystore.addAll([sameAccount, fresh], 'replace');
        expect(result).toEqual({ added: 2, conflicts: [sameAccount.id] });
        expect(ids(keystore.all())).toEqual(ids([fresh, sameAccount]));
        expect(keystore.countDiscoverable()).toBe(2);
      });
    });

    it('lets another party see a change at once, and moves only the generations of others', async () => {
      const second = await subject.openSecond();
      const before = { first: keystore.generation, second: second.generation };
      await second.add(makeCredential('a'));
      expect(second.generation).toBe(before.second);
      expect(keystore.generation).toBeGreaterThan(before.first);
      expect(ids(keystore.all())).toEqual(ids([makeCredential('a')]));

      const between = { first: keystore.generation, second: second.generation };
      await keystore.updateState({ pinRetries: 2 });
      expect(keystore.generation).toBe(between.first);
      expect(second.generation).toBeGreaterThan(between.second);
      expect(second.state().pinRetries).toBe(2);
    });

    it('does not move its generation while writes of its own overlap', async () => {
      const before = keystore.generation;
      const writes = ['a', 'b', 'c'].map((label) => keystore.add(makeCredential(label)));
      const seen = await Promise.all(writes.map((write) => write.then(() => keystore.generation)));
      expect(seen).toEqual([before, before, before]);
      expect(keystore.countDiscoverable()).toBe(3);
    });

    it('answers nothing after it was closed', async () => {
      await keystore.close();
      expect(() => keystore.state()).toThrow(KeystoreError);
      expect(() => keystore.generation).toThrow(KeystoreError);
      await expect(keystore.add(makeCredential('a'))).rejects.toThrow(KeystoreError);
    });
  });
}
