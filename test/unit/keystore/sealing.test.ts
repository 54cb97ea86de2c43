import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Sealer } from '../../../src/keystore/sealing.ts';
import type { Credential } from '../../../src/ports/credential.ts';
import type { Keystore } from '../../../src/ports/keystore.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import type { TestDirectory } from './fixtures.ts';
import { fullCredential, fullState, makeCredential, makeTestDirectory, u2fCredential } from './fixtures.ts';
import { dataOf, openStore, rawDatabase } from './store-files.ts';

let place: TestDirectory;
beforeEach(() => {
  place = makeTestDirectory();
});
afterEach(() => place.remove());

async function withKey(action: (keystore: Keystore) => Promise<void> | void): Promise<void> {
  const store = await openStore(place.path);
  try {
    await action(await store.open('the key of keys'));
  } finally {
    await store.close();
  }
}

describe('what stands in the file', () => {
  it('shows nothing of what was stored, by content or by guessed hash', async () => {
    const credentials = [makeCredential('alice'), fullCredential('bob'), u2fCredential('carol')];
    const state = fullState();
    await withKey(async (keystore) => {
      for (const credential of credentials) await keystore.add(credential);
      await keystore.updateState(state);
      const certified = {
        privateKey: new Uint8Array(64).fill(0xa1),
        certificate: new Uint8Array(64).fill(0xa2),
      };
      await keystore.setAttestation({ root: certified, batch: certified });
    });
    const data = dataOf(place.path);
    const secrets: (string | Uint8Array | undefined)[] = credentials.flatMap((credential) => [
      ...[credential.id, credential.rpIdHash, credential.rpId, credential.rpName],
      ...[credential.user?.id, credential.user?.name, credential.user?.displayName],
      ...[
        credential.privateKey,
        credential.credRandomWithUv,
        credential.credRandomWithoutUv,
        credential.credBlob,
      ],
      ...[credential.largeBlobKey, credential.largeBlob?.data.subarray(0, 32)],
      credential.publicKey.get(-2) as Uint8Array,
    ]);
    secrets.push(state.pin?.hash, state.persistentPinUvAuthToken, state.largeBlobArray?.subarray(0, 32));
    secrets.push('a.example', 'left thumb', 'the key of keys', 'ctap2');
    secrets.push(new Uint8Array(32).fill(0xa1), new Uint8Array(32).fill(0xa2));
    for (const secret of secrets.filter((item) => item !== undefined)) {
      expect(data.includes(Buffer.from(secret as Uint8Array).subarray(0, 16)), String(secret)).toBe(false);
    }
    expect(data.includes('fauxkey keystore')).toBe(true);
  });

  it('seals every record with a nonce of its own', async () => {
    await withKey((keystore) => keystore.add(makeCredential('a')));
    const database = rawDatabase(place.path);
    const sealed = [...database.getRange({})].filter(({ value }) => value.length > 30);
    const nonces = new Set(sealed.map(({ value }) => value.subarray(2, 14).toString('hex')));
    await database.close();
    expect(sealed.length).toBeGreaterThan(4);
    expect(nonces.size).toBe(sealed.length);
  });
});

describe('tampering', () => {
  const [a, b] = [makeCredential('a'), makeCredential('b')];

  beforeEach(() =>
    withKey(async (keystore) => {
      await keystore.add(a);
      await keystore.add(b);
    }),
  );

  /** The database keys of the records of one kind (a letter after `K` and the 8 bytes of the key id). */
  async function tamper(
    change: (entries: { key: Buffer; value: Buffer }[]) => [Buffer, Buffer][],
  ): Promise<void> {
    const database = rawDatabase(place.path);
    const entries = [...database.getRange({})].map(({ key, value }) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
    }));
    await database.transaction(() => {
      for (const [key, value] of change(entries)) void database.put(key, value);
    });
    await database.close();
  }
  const kindOf = (key: Buffer): string => (key[0] === 0x4b ? String.fromCharCode(key[9] ?? 0) : '');
  const corrupt: unknown = expect.objectContaining({ name: 'KeystoreError', problem: 'corrupt' });

  it.each(['c', 'h'])('notices records of kind %s that changed places', async (kind) => {
    await tamper((entries) => {
      const [first, second] = entries.filter(({ key }) => kindOf(key) === kind);
      return [
        [first!.key, second!.value],
        [second!.key, first!.value],
      ];
    });
    await withKey((keystore) => {
      expect(() => keystore.findById(a.id)).toThrow(corrupt);
      expect(() => [...keystore.all()]).toThrow(corrupt);
      expect(() => keystore.discoverable(a.rpIdHash)).toThrow(corrupt);
    });
  });

  it('notices index entries that changed places', async () => {
    await tamper((entries) => {
      const [first, second] = entries.filter(({ key }) => kindOf(key) === 'i');
      return [
        [first!.key, second!.value],
        [second!.key, first!.value],
      ];
    });
    await withKey((keystore) => {
      expect(() => keystore.findById(a.id)).toThrow(corrupt);
    });
  });

  it.each(['s', 't', 'c', 'h'])('notices any flipped byte of a record of kind %s', async (kind) => {
    for (const position of [0, 1, 2, 13, 14, 30, -17, -16, -1]) {
      let original: [Buffer, Buffer] | undefined;
      await tamper((entries) => {
        const { key, value } = entries.find((entry) => kindOf(entry.key) === kind)!;
        original = [key, value];
        const changed = Buffer.from(value);
        changed[position < 0 ? value.length + position : position]! ^= 1;
        return [[key, changed]];
      });
      await withKey((keystore) => {
        const reads = [
          () => keystore.state(),
          () => keystore.countDiscoverable(),
          () => [...keystore.all()] as Credential[],
        ];
        const problems = reads.flatMap((read) => {
          try {
            read();
            return [];
          } catch (error) {
            return [error];
          }
        });
        // Byte 0 is the seal's version: one bit off is version 0, which no key opens.
        expect(problems, `byte ${position}`).toEqual([corrupt]);
      });
      await tamper(() => [original!]);
    }
  });

  it('says of a record of a later version that Fauxkey is too old', async () => {
    await tamper((entries) => {
      const { key, value } = entries.find((entry) => kindOf(entry.key) === 's')!;
      value[0] = 2;
      return [[key, value]];
    });
    await withKey((keystore) => {
      expect(() => keystore.state()).toThrow(expect.objectContaining({ problem: 'version' }));
    });
  });

  it('throws for a record cut short or emptied', async () => {
    for (const length of [0, 1, 14, 29]) {
      await tamper((entries) => {
        const { key, value } = entries.find((entry) => kindOf(entry.key) === 's')!;
        return [[key, value.subarray(0, length)]];
      });
      await withKey((keystore) => {
        expect(() => keystore.state(), `${length} bytes`).toThrow(corrupt);
      });
    }
  });
});

describe('Sealer', () => {
  const sealer = new Sealer(new Uint8Array(32).fill(1), createSeededRandom('sealer'), 'here');

  it('tags the same value alike, and another value, purpose, split or key differently', () => {
    const [x, y] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const tags = [
      sealer.tag('id', x, y),
      sealer.tag('site', x, y),
      sealer.tag('id', Uint8Array.of(1), Uint8Array.of(2, 3)),
      sealer.tag('id', y, x),
      new Sealer(new Uint8Array(32).fill(2), createSeededRandom('sealer'), 'here').tag('id', x, y),
    ].map((tag) => Buffer.from(tag).toString('hex'));
    expect(new Set(tags).size).toBe(5);
    expect(sealer.tag('id', x, y)).toEqual(sealer.tag('id', x, y));
    expect(sealer.tag('id', x)).toHaveLength(16);
  });

  it('opens only with the key it was sealed with', () => {
    const sealed = sealer.seal(Uint8Array.of(1), Uint8Array.of(42));
    expect([...sealer.open(Uint8Array.of(1), sealed)]).toEqual([42]);
    const other = new Sealer(new Uint8Array(32).fill(2), createSeededRandom('x'), 'here');
    expect(() => other.open(Uint8Array.of(1), sealed)).toThrow(
      expect.objectContaining({ problem: 'corrupt' }),
    );
  });
});
