import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Credential } from '../../../src/ports/credential.ts';
import type { DeviceState } from '../../../src/ports/keystore.ts';
import { Database } from '../../../src/keystore/database.ts';
import { initialState } from '../../../src/keystore/device-state.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';

export function rpIdHashOf(rpId: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(rpId).digest());
}

/** A credential whose every byte follows from `label`. */
export function makeCredential(label: string, members: Partial<Credential> = {}): Credential {
  const random = createSeededRandom(label);
  const rpId = members.rpId ?? 'example.com';
  return {
    id: random.bytes(32),
    rpIdHash: rpIdHashOf(rpId),
    rpId,
    rpName: `${rpId} and sons`,
    user: { id: random.bytes(16), name: `${label}@mail.example`, displayName: `The one called ${label}` },
    discoverable: true,
    protocol: 'ctap2',
    algorithm: -7,
    privateKey: random.bytes(138),
    publicKey: new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, random.bytes(32)],
      [-3, random.bytes(32)],
    ]),
    signCount: 7,
    credProtect: 1,
    credRandomWithUv: random.bytes(32),
    credRandomWithoutUv: random.bytes(32),
    thirdPartyPayment: false,
    backupEligible: true,
    backupState: false,
    createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ...members,
  };
}

/** A credential with every optional member, big ones included. */
export function fullCredential(label: string): Credential {
  const random = createSeededRandom(`full ${label}`);
  return makeCredential(label, {
    credBlob: random.bytes(32),
    largeBlobKey: random.bytes(32),
    largeBlob: { data: random.bytes(10_000), originalSize: 1_000_000 },
    privateKey: random.bytes(4_096),
    credProtect: 3,
    thirdPartyPayment: true,
    backupState: true,
    signCount: null,
    lastUsedAt: 1_790_000_000_123,
  });
}

/** A credential as U2F leaves it: no RP ID and no account. */
export function u2fCredential(label: string): Credential {
  const rest = without(makeCredential(label), 'rpId', 'rpName', 'user');
  return { ...rest, protocol: 'u2f', discoverable: false };
}

export function without<T extends object, K extends keyof T>(value: T, ...members: K[]): Omit<T, K> {
  const entries = Object.entries(value).filter(([name]) => !members.includes(name as K));
  return Object.fromEntries(entries) as Omit<T, K>;
}

export function fullState(): DeviceState {
  const random = createSeededRandom('state');
  return {
    ...initialState(random, { pinRetries: 3, uvRetries: 2 }),
    pin: { hash: random.bytes(16), codePoints: 6 },
    minPinLength: 5,
    minPinLengthRpIds: ['a.example', 'b.example'],
    forcePinChange: true,
    pinComplexityPolicy: false,
    alwaysUv: true,
    enterpriseAttestation: true,
    longTouchForReset: true,
    largeBlobArray: random.bytes(20_000),
    fingerprints: [{ id: random.bytes(8), name: 'left thumb' }, { id: random.bytes(8) }],
    signCount: 4_000_000_000,
  };
}

export interface TestDirectory {
  /** A path in a fresh place; nothing is there yet. */
  readonly path: string;
  remove(): void;
}

/** A database in a fresh directory, with what closes it and takes the directory away. */
export function openTestDatabase(): {
  readonly path: string;
  readonly database: Database;
  close(): Promise<void>;
} {
  const place = makeTestDirectory();
  mkdirSync(place.path);
  const database = new Database(place.path);
  return {
    path: place.path,
    database,
    async close() {
      await database.close();
      place.remove();
    },
  };
}

export function makeTestDirectory(): TestDirectory {
  const place = mkdtempSync(join(tmpdir(), 'fauxkey-keystore-'));
  return { path: join(place, 'store'), remove: () => rmSync(place, { recursive: true, force: true }) };
}
