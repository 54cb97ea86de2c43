import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock, systemRandom } from '../../src/app/system.ts';
import { coseAlgorithm } from '../../src/cose/algorithm.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { openKeystoreDirectory } from '../../src/keystore/lmdb.ts';
import type { Credential } from '../../src/ports/credential.ts';
import type { Keystore } from '../../src/ports/keystore.ts';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): void;
}

/** On the file system of TMPDIR, or of FAUXKEY_BENCH_DIR if that is set. */
export function makeTemporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(process.env['FAUXKEY_BENCH_DIR'] ?? tmpdir(), 'fauxkey-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TemporaryStore extends TemporaryDirectory {
  readonly keystore: Keystore;
  close(): Promise<void>;
}

export async function openTemporaryStore(): Promise<TemporaryStore> {
  const directory = makeTemporaryDirectory();
  return { ...(await openStoreIn(directory.path)), ...directory };
}

/** The key that the command line calls `default`. */
export async function openStoreIn(
  path: string,
): Promise<{ readonly keystore: Keystore; close(): Promise<void> }> {
  const options = { directory: join(path, 'keystore'), random: systemRandom, clock: systemClock };
  const store = await openKeystoreDirectory(options);
  return { keystore: await store.open('default'), close: () => store.close() };
}

const { privateKey, publicKey } = await createNodeCrypto().generateKeyPair(coseAlgorithm.ES256);

/** A discoverable credential. All share one key pair: to make 100,000 of them would take longer than to measure. */
export function credentialOf(rpId: string): Credential {
  return {
    id: new Uint8Array(randomBytes(32)),
    rpIdHash: new Uint8Array(createHash('sha256').update(rpId).digest()),
    rpId,
    rpName: rpId,
    user: { id: new Uint8Array(randomBytes(16)), name: 'alice@mail.example', displayName: 'Alice' },
    discoverable: true,
    protocol: 'ctap2',
    algorithm: coseAlgorithm.ES256,
    privateKey,
    publicKey,
    signCount: 0,
    credProtect: 1,
    credRandomWithUv: new Uint8Array(randomBytes(32)),
    credRandomWithoutUv: new Uint8Array(randomBytes(32)),
    thirdPartyPayment: false,
    backupEligible: false,
    backupState: false,
    createdAt: Date.now(),
  };
}

/** `perSite` credentials in each of `sites` sites, a few thousand in a transaction. */
export async function fill(keystore: Keystore, sites: number, perSite: number): Promise<void> {
  let batch: Credential[] = [];
  for (let site = 0; site < sites; site += 1) {
    for (let index = 0; index < perSite; index += 1) batch.push(credentialOf(`site${String(site)}.example`));
    if (batch.length < 5000 && site < sites - 1) continue;
    await keystore.addAll(batch, 'fail');
    batch = [];
  }
}
