import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';

import { beforeEach, describe, expect, it } from 'vitest';

import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { exportKey, importCredentials, parseExportDocument } from '../../../src/keystore/exchange.ts';
import { createMemoryKeystore } from '../../../src/keystore/memory.ts';
import type { Credential } from '../../../src/ports/credential.ts';
import type { ConflictRule, Keystore } from '../../../src/ports/keystore.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { fullState, makeCredential, rpIdHashOf, u2fCredential, without } from './fixtures.ts';

const crypto = createNodeCrypto();
const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

// One key for all tests: which one does not matter, and making keys takes time.
const p256 = crypto.importPrivateKey(
  -7,
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }),
);
const ed25519 = crypto.importPrivateKey(
  -8,
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
);

/** What WebDriver's Add Credential takes, and no more. */
const minimal = {
  credentialId: base64Url(Uint8Array.of(1, 2, 3)),
  isResidentCredential: false,
  rpId: 'example.com',
  privateKey: base64Url(p256.privateKey),
  signCount: 5,
};

let keystore: Keystore;
let loads = 0;
beforeEach(() => {
  keystore = createMemoryKeystore({ random: createSeededRandom('exchange') });
});

function load(
  json: unknown,
  onConflict: ConflictRule = 'fail',
  withState = false,
): ReturnType<typeof importCredentials> {
  loads += 1;
  const random = createSeededRandom(`import ${loads}`);
  const clock = { wall: () => 1_780_000_000_000 };
  return importCredentials(keystore, parseExportDocument(json), {
    crypto,
    random,
    clock,
    onConflict,
    withState,
  });
}

/** As a file would carry it. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function realCredentials(): Credential[] {
  const random = createSeededRandom('real');
  return [
    makeCredential('plain', p256),
    makeCredential('full', {
      ...ed25519,
      algorithm: -8,
      credBlob: random.bytes(32),
      largeBlobKey: random.bytes(32),
      largeBlob: { data: random.bytes(500), originalSize: 900 },
      credProtect: 3,
      thirdPartyPayment: true,
      backupState: true,
      signCount: null,
      lastUsedAt: Date.UTC(2026, 5, 7, 8, 9, 10, 11),
    }),
    { ...u2fCredential('u2f'), ...p256 },
    makeCredential('nameless', { ...p256, user: { id: Uint8Array.of(9) }, discoverable: false }),
  ];
}

describe('export', () => {
  it('comes back as it was, in the same order, with secrets', async () => {
    for (const credential of realCredentials()) await keystore.add(credential);
    const document = throughJson(exportKey(keystore, { name: 'main', withSecrets: true }));
    const before = [...keystore.all()];
    keystore = createMemoryKeystore({ random: createSeededRandom('other') });
    expect(await load(document)).toEqual({ added: 4, replaced: 0, skipped: 0 });
    expect([...keystore.all()]).toEqual(before);
  });

  it('has no secret in it unless asked', async () => {
    for (const credential of realCredentials()) await keystore.add(credential);
    await keystore.updateState(fullState());
    const document = exportKey(keystore, { withSecrets: false });
    const json = JSON.stringify(document);
    for (const credential of realCredentials()) {
      const { privateKey, credRandomWithUv, credRandomWithoutUv, largeBlobKey } = credential;
      for (const secret of [privateKey, credRandomWithUv, credRandomWithoutUv, largeBlobKey]) {
        if (secret !== undefined) expect(json).not.toContain(base64Url(secret));
      }
    }
    expect(document.state).toBeUndefined();
    expect(document.credentials).toHaveLength(4);
    expect(json).toContain(base64Url(realCredentials()[0]!.id));
    await expect(load(document)).rejects.toThrow('credentials[0].privateKey is missing.');
  });

  it('leaves out what the filter leaves out', async () => {
    for (const credential of realCredentials()) await keystore.add(credential);
    const document = exportKey(keystore, {
      withSecrets: false,
      filter: ({ protocol }) => protocol === 'u2f',
    });
    expect(document.credentials.map(({ rpIdHash }) => rpIdHash)).toEqual([
      base64Url(rpIdHashOf('example.com')),
    ]);
  });

  it('gives private keys that other programs read', async () => {
    await keystore.add(realCredentials()[0]!);
    const [credential] = exportKey(keystore, { withSecrets: true }).credentials;
    const key = createPrivateKey({
      key: Buffer.from(credential!.privateKey!, 'base64url'),
      format: 'der',
      type: 'pkcs8',
    });
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });
});

describe('import of what WebDriver would take', () => {
  it('fills in all that a minimal credential leaves open, with fresh secrets', async () => {
    await load([minimal]);
    const [credential] = [...keystore.all()];
    expect(credential).toMatchObject({
      id: Uint8Array.of(1, 2, 3),
      rpId: 'example.com',
      rpIdHash: rpIdHashOf('example.com'),
      discoverable: false,
      protocol: 'ctap2',
      algorithm: -7,
      publicKey: p256.publicKey,
      signCount: 5,
      credProtect: 1,
      backupEligible: false,
      createdAt: 1_780_000_000_000,
    });
    expect(credential!.credRandomWithUv).toHaveLength(32);
    expect(credential!.credRandomWithUv).not.toEqual(credential!.credRandomWithoutUv);
  });

  it('compresses a blob as a platform does', async () => {
    const blob = Buffer.from('blob '.repeat(100));
    await load([{ ...minimal, largeBlob: blob.toString('base64url') }]);
    const { largeBlob } = [...keystore.all()][0]!;
    expect(largeBlob?.originalSize).toBe(500);
    expect(inflateRawSync(largeBlob!.data)).toEqual(blob);
  });

  it('takes null for absent, and as the counter that never counts', async () => {
    await load([{ ...minimal, userHandle: null, largeBlob: null, signCount: null }]);
    expect([...keystore.all()][0]?.signCount).toBeNull();
    expect([...keystore.all()][0]).not.toHaveProperty('user');
  });
});

describe('what is wrong with a document', () => {
  const resident = { ...minimal, isResidentCredential: true, userHandle: 'AQ' };
  const other = { ...resident, credentialId: 'BBBB' };
  const at = (index: number, credential: unknown): unknown[] => [
    ...Array<unknown>(index).fill(other),
    credential,
  ];
  const whole = { format: 'fauxkey-export', version: 1, credentials: [] };

  it.each<[string, unknown]>([
    ['The document has to be an object.', null],
    ['The document has to be an object.', 'text'],
    ['format has to be "fauxkey-export".', {}],
    ['version is missing.', { ...whole, version: undefined }],
    ['version 2 of the document is not known; this Fauxkey reads version 1.', { ...whole, version: 2 }],
    ['credentials has to be a list.', { ...whole, credentials: {} }],
    ['The document has no member "extra" in this format.', { ...whole, extra: 1 }],
    ['The document has no member of that name in this format.', { ...whole, '\u001b[2J': 1 }],
    ['key has to be an object.', { ...whole, key: 'main' }],
    ['key has no member "label" in this format.', { ...whole, key: { label: 'x' } }],
    ['state.pin.hash is missing.', { ...whole, state: { pin: { codePoints: 4 } } }],
    ['state.pinRetries has to be a whole number from 0 to 8.', { ...whole, state: { pinRetries: 9 } }],
    ['credentials[0] has to be an object.', ['x']],
    ['credentials[1].credentialId is missing.', at(1, without(minimal, 'credentialId'))],
    ['credentials[0].credentialId has to be 1 to 1023 bytes long.', [{ ...minimal, credentialId: '' }]],
    [
      'credentials[0].credentialId has to be base64url without padding.',
      [{ ...minimal, credentialId: 'AQ==' }],
    ],
    [
      'credentials[0].credentialId has to be base64url without padding.',
      [{ ...minimal, credentialId: 'AR' }],
    ],
    [
      'credentials[0].credentialId has to be base64url without padding.',
      [{ ...minimal, credentialId: 'a+/b' }],
    ],
    ['credentials[0].isResidentCredential is missing.', [without(minimal, 'isResidentCredential')]],
    [
      'credentials[0].isResidentCredential has to be true or false.',
      [{ ...minimal, isResidentCredential: 1 }],
    ],
    ['credentials[0].rpId is missing.', [without(minimal, 'rpId')]],
    ['credentials[0].rpId has to be text of 1 to 2048 characters.', [{ ...minimal, rpId: '' }]],
    ['credentials[0].rpIdHash has to be 32 bytes long.', [{ ...minimal, rpIdHash: 'AQ' }]],
    ['credentials[0].userHandle is missing.', [without(resident, 'userHandle')]],
    ['credentials[0].userHandle has to be 1 to 64 bytes long.', [{ ...minimal, userHandle: 'A'.repeat(88) }]],
    ['credentials[0].signCount is missing.', [without(minimal, 'signCount')]],
    [
      'credentials[0].signCount has to be a whole number from 0 to 4294967295.',
      [{ ...minimal, signCount: 2 ** 32 }],
    ],
    [
      'credentials[0].signCount has to be a whole number from 0 to 4294967295.',
      [{ ...minimal, signCount: -1 }],
    ],
    ['credentials[0].credProtect has to be one of 1, 2, 3.', [{ ...minimal, credProtect: 4 }]],
    ['credentials[0].protocol has to be one of ctap2, u2f.', [{ ...minimal, protocol: 'ctap1/u2f' }]],
    [
      'credentials[0].createdAt has to be a time like 2026-01-31T12:00:00.000Z.',
      [{ ...minimal, createdAt: '1' }],
    ],
    [
      'credentials[0].backupState cannot be true without backupEligibility.',
      [{ ...minimal, backupState: true }],
    ],
    [
      'credentials[0].hmacSecret.withoutUv is missing.',
      [{ ...minimal, hmacSecret: { withUv: 'A'.repeat(43) } }],
    ],
    ['credentials[0].largeBlob.originalSize is missing.', [{ ...minimal, largeBlob: { data: 'AQ' } }]],
    ['credentials[0].largeBlob has to be an object.', [{ ...minimal, largeBlob: 7 }]],
    ['credentials[0] has no member "privatKey" in this format.', [{ ...minimal, privatKey: 'AQ' }]],
    ['credentials[1] has the same credentialId as credentials[0].', [minimal, minimal]],
    ['credentials[1] has the same rpId and userHandle as credentials[0].', [resident, other]],
  ])('%s', (message, json) => {
    expect(() => parseExportDocument(json)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });

  it('names the algorithms that there are', () => {
    expect(() => parseExportDocument([{ ...minimal, algorithm: 'HS256' }])).toThrow(
      /algorithm has to be one of ES256, /,
    );
  });

  it.each<[RegExp, object]>([
    [/^credentials\[0\]\.privateKey is missing\.$/, { ...minimal, privateKey: undefined }],
    [
      /^credentials\[0\]\.privateKey is no private key for ES256 in PKCS#8: ./,
      { ...minimal, privateKey: 'AQID' },
    ],
    [
      /^credentials\[0\]\.privateKey is no private key for EdDSA in PKCS#8: ./,
      { ...minimal, algorithm: 'EdDSA' },
    ],
    [/^credentials\[0\]\.publicKey does not belong to its privateKey\.$/, { ...minimal, publicKey: 'oA' }],
    [/^credentials\[0\]\.rpIdHash is not the hash of its rpId\.$/, { ...minimal, rpIdHash: 'A'.repeat(43) }],
  ])('%s: and writes nothing, not even the good ones', async (message, bad) => {
    await expect(load([bad, other])).rejects.toThrow(message);
    expect([...keystore.all()]).toEqual([]);
  });
});

describe('import', () => {
  const resident = { ...minimal, isResidentCredential: true, userHandle: 'AQ' };
  const fresh = { ...minimal, credentialId: 'BBBB' };
  const sameAccount = { ...resident, credentialId: 'CCCC', signCount: 9 };

  beforeEach(() => load([resident]));

  it('fails as a whole at a conflict, and says where', async () => {
    await expect(load([fresh, sameAccount])).rejects.toThrow(/^credentials\[1\] is in this key already/);
    expect([...keystore.all()]).toHaveLength(1);
  });

  it('skips or replaces when told so, and counts', async () => {
    expect(await load([fresh, sameAccount], 'skip')).toEqual({ added: 1, replaced: 0, skipped: 1 });
    expect(keystore.discoverable(rpIdHashOf('example.com'))[0]?.signCount).toBe(5);
    expect(await load([{ ...fresh, credentialId: 'DDDD' }, sameAccount], 'replace')).toEqual({
      added: 1,
      replaced: 1,
      skipped: 0,
    });
    expect(keystore.discoverable(rpIdHashOf('example.com')).map(({ signCount }) => signCount)).toEqual([9]);
  });

  it('renews the credential store state when the listing of discoverable credentials changes', async () => {
    const before = keystore.state().credStoreState;
    await load([fresh]);
    expect(keystore.state().credStoreState).toEqual(before);
    await load([{ ...resident, credentialId: 'EEEE', userHandle: 'Ag' }]);
    expect(keystore.state().credStoreState).not.toEqual(before);
  });

  it('takes PIN and settings only when told so, and never a lower counter', async () => {
    await keystore.updateState(fullState());
    const document = throughJson(exportKey(keystore, { withSecrets: true, filter: () => false }));
    keystore = createMemoryKeystore({ random: createSeededRandom('third') });
    await load(document);
    expect(keystore.state().pin).toBeUndefined();
    await load(document, 'fail', true);
    expect(keystore.state()).toMatchObject({
      pin: fullState().pin,
      alwaysUv: true,
      signCount: 4_000_000_000,
    });
    await keystore.updateState({ signCount: 4_000_000_001 });
    await load(document, 'fail', true);
    expect(keystore.state().signCount).toBe(4_000_000_001);
  });
});
