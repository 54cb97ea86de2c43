import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeAttestation, importAttestation } from '../../../src/app/attestation-admin.ts';
import { nameProfile } from '../../../src/app/named-profile.ts';
import { defaultProfile } from '../../../src/authenticator/default-profile.ts';
import { findPreset, presets } from '../../../src/authenticator/presets.ts';
import { encodePem } from '../../../src/attestation/pem.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { createMemoryKeystore } from '../../../src/keystore/memory.ts';
import { systemRandom } from '../../../src/app/system.ts';

const crypto = createNodeCrypto();

function createStore() {
  return createMemoryKeystore({ random: systemRandom });
}

function describeAs(store: ReturnType<typeof createStore>, name: string) {
  return describeAttestation(store, crypto, findPreset(name)?.profile ?? defaultProfile, nameProfile(name));
}

describe('the attestation of a key', () => {
  it('is made once, and is a chain that holds', async () => {
    const store = createStore();
    const { chain, profile, root } = await describeAs(store, 'ctap2.0');
    expect(profile).toBe('ctap2.0');
    expect(chain.at(-1)).toBe(root);
    const [leaf, authority] = chain.map((pem) => new X509Certificate(pem));
    expect(leaf?.verify(authority!.publicKey)).toBe(true);
    expect((await describeAs(store, 'u2f')).chain).toEqual(chain);
  });

  it('has an enterprise certificate where the key is capable of it', async () => {
    const store = createStore();
    const { enterpriseChain = [], root } = await describeAs(store, 'enterprise');
    const [leaf, authority] = enterpriseChain.map((pem) => new X509Certificate(pem));
    expect(leaf?.subject).toContain('Enterprise');
    expect(leaf?.verify(authority!.publicKey)).toBe(true);
    expect(enterpriseChain.at(-1)).toBe(root);
    expect(await describeAs(store, 'ctap2.0')).not.toHaveProperty('enterpriseChain');
  });

  it('of another model is told without touching a certificate', async () => {
    const store = createStore();
    const own = await describeAs(store, 'complete');
    const before = store.attestation();
    const other = { ...defaultProfile, aaguid: new Uint8Array(16).fill(9) };
    const told = await describeAttestation(store, crypto, defaultProfile, {
      name: 'other',
      changed: false,
      profile: other,
    });
    expect(told.chain).toEqual([own.root]);
    expect(told.metadata).toMatchObject({ aaguid: '09090909-0909-0909-0909-090909090909' });
    expect(store.attestation()).toEqual(before);
  });
});

describe('the metadata statement', () => {
  it.each([
    ['ctap2.0', ['basic_surrogate'], 0],
    ['enterprise', ['basic_full'], 1],
    ['u2f', ['basic_full'], 1],
  ])('of %s says how it attests', async (name, attestationTypes, roots) => {
    const { metadata } = await describeAs(createStore(), name);
    expect(metadata).toMatchObject({ attestationTypes });
    expect(metadata['attestationRootCertificates']).toHaveLength(roots);
  });

  it('of a key that attests in fido-u2f or not at all leaves nothing out', async () => {
    const types = async (attestation: 'none' | 'fido-u2f') => {
      const profile = { ...(findPreset('ctap2.0')?.profile ?? defaultProfile), attestation };
      const named = { name: 'x', changed: true, profile };
      return (await describeAttestation(createStore(), crypto, profile, named)).metadata['attestationTypes'];
    };
    expect(await types('none')).toEqual(['none', 'basic_surrogate']);
    expect(await types('fido-u2f')).toEqual(['basic_full', 'basic_surrogate']);
  });

  it('of a U2F key is found by the key of its certificate', async () => {
    const { chain, metadata } = await describeAs(createStore(), 'u2f');
    const leaf = new X509Certificate(chain[0] ?? '');
    expect(metadata).not.toHaveProperty('authenticatorGetInfo');
    expect(metadata['attestationCertificateKeyIdentifiers']).toEqual([
      expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    ]);
    expect(leaf.ca).toBe(false);
  });

  it.each(presets)('of $name says how it verifies its user', async ({ name, profile }) => {
    const { metadata } = await describeAs(createStore(), name);
    const details = metadata['userVerificationDetails'] as { userVerificationMethod: string }[][];
    const methods = details.flat().map(({ userVerificationMethod }) => userVerificationMethod);
    expect(methods.includes('passcode_external')).toBe(profile.pin !== undefined);
    expect(methods.includes('passcode_internal')).toBe(profile.builtInUv?.modality === 'pin');
    expect(methods.includes('fingerprint_internal')).toBe(profile.builtInUv?.modality === 'fingerprint');
  });
});

describe("the user's own certificates", () => {
  it('replace those that were made, and sign from then on', async () => {
    const other = createStore();
    await describeAs(other, 'complete');
    const given = other.attestation()!;
    const store = createStore();
    await describeAs(store, 'complete');
    const pem = [
      encodePem('CERTIFICATE', given.root.certificate),
      encodePem('CERTIFICATE', given.batch.certificate),
      encodePem('PRIVATE KEY', given.batch.privateKey),
    ].join('\n');
    await importAttestation(store, crypto, defaultProfile, pem);
    expect(store.attestation()?.batch).toEqual(given.batch);
    expect((await describeAs(store, 'ctap2.0')).root).toBe(encodePem('CERTIFICATE', given.root.certificate));
    // Without the key of the root there can be no enterprise certificate.
    await expect(describeAs(store, 'enterprise')).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/^A new attestation certificate needs .*\.$/) as string,
    });
  });

  it('are refused in a sentence, and nothing is replaced', async () => {
    const store = createStore();
    await describeAs(store, 'complete');
    const before = store.attestation();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const pem of ['', 'no PEM', key, encodePem('CERTIFICATE', before!.batch.certificate)])
      await expect(importAttestation(store, crypto, defaultProfile, pem)).rejects.toMatchObject({
        name: 'UsageError',
        message: expect.stringMatching(/^[A-Z].*\.$/) as string,
      });
    expect(store.attestation()).toEqual(before);
  });
});
