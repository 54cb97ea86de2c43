import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAttester } from '../../../src/attestation/attester.ts';
import { createAuthority } from '../../../src/attestation/authority.ts';
import { readCertificate } from '../../../src/attestation/read-certificate.ts';
import { coseAlgorithm } from '../../../src/cose/algorithm.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { fromHex } from '../../support/hex.ts';
import { aaguid, createOptions, createTestStore, crypto, register, verify } from './ceremony.ts';

const leafOf = (attStmt: ReadonlyMap<unknown, unknown>): Uint8Array => {
  const chain = attStmt.get('x5c') as Uint8Array[];
  expect(chain.length).toBe(1);
  return chain[0]!;
};

describe('attestation "none" (WebAuthn L3 §8.7)', () => {
  it('is an empty statement that touches no certificate', async () => {
    const store = createTestStore();
    const registration = await register(createOptions(store), 'none');
    expect([registration.fmt, registration.attStmt]).toEqual(['none', new Map()]);
    expect((await verify(registration)).verified).toBe(true);
    expect(store.writes).toEqual([]);
  });
});

describe('self attestation', () => {
  it.each(Object.entries(coseAlgorithm))(
    'by %s names and uses the algorithm of the credential',
    async (_name, alg) => {
      const store = createTestStore();
      const { request, fmt, attStmt } = await register(createOptions(store), 'packed-self', alg);
      expect(fmt).toBe('packed');
      expect([...attStmt.keys()]).toEqual(['alg', 'sig']);
      expect(attStmt.get('alg')).toBe(alg);
      const signed = Uint8Array.from([...request.authData, ...request.clientDataHash]);
      expect(crypto.verify(request.publicKey, signed, attStmt.get('sig') as Uint8Array)).toBe(true);
      expect(store.writes).toEqual([]);
    },
  );

  it.each([-7, -8, -35, -36, -257] as const)('by %i satisfies another verifier', async (alg) => {
    const registration = await register(createOptions(createTestStore()), 'packed-self', alg);
    expect((await verify(registration)).verified).toBe(true);
  });
});

describe('attestation with certificates (WebAuthn L3 §8.2, §8.6)', () => {
  it.each([
    ['packed', -7, ['alg', 'sig', 'x5c']],
    ['packed', -8, ['alg', 'sig', 'x5c']],
    ['packed', -257, ['alg', 'sig', 'x5c']],
    ['enterprise', -7, ['alg', 'sig', 'x5c']],
    ['fido-u2f', -7, ['sig', 'x5c']],
  ] as const)(
    '%s of a %i credential satisfies a verifier that trusts our root',
    async (kind, alg, members) => {
      const store = createTestStore();
      const registration = await register(createOptions(store), kind, alg);
      expect([...registration.attStmt.keys()]).toEqual(members);
      expect(registration.fmt).toBe(kind === 'enterprise' ? 'packed' : kind);
      const { root } = store.attestation()!;
      const { verified, registrationInfo } = await verify(registration, [root.certificate]);
      expect(verified).toBe(true);
      expect(registrationInfo?.fmt).toBe(registration.fmt);
    },
  );

  it.each(['packed', 'enterprise', 'fido-u2f'] as const)(
    '%s fails with the root of another key',
    async (kind) => {
      const registration = await register(createOptions(createTestStore()), kind);
      const other = await createAuthority(createOptions(createTestStore()));
      await expect(verify(registration, [other.certificate])).rejects.toThrow();
    },
  );

  it('is signed with ES256, whatever the credential is', async () => {
    const { attStmt } = await register(createOptions(createTestStore()), 'packed', -8);
    expect(attStmt.get('alg')).toBe(-7);
  });

  it('fido-u2f is refused for credentials that U2F does not know', async () => {
    await expect(register(createOptions(createTestStore()), 'fido-u2f', -8)).rejects.toThrow(RangeError);
    await expect(register(createOptions(createTestStore()), 'fido-u2f', -9)).rejects.toThrow(RangeError);
  });
});

describe('U2F registration', () => {
  it('is signed with the key of the certificate that goes with it', async () => {
    const store = createTestStore();
    const data = new TextEncoder().encode('registration data');
    const { certificate, signature } = await createAttester(createOptions(store)).signU2f(data);
    const { publicKey } = new X509Certificate(certificate);
    const { verify: verifySignature } = await import('node:crypto');
    expect(verifySignature('sha256', data, publicKey, signature)).toBe(true);
    expect(certificate).toEqual(store.attestation()!.batch.certificate);
  });
});

describe('certificates', () => {
  it('are made once, also when two registrations come together', async () => {
    const store = createTestStore();
    const attester = createAttester(createOptions(store));
    const [one, two] = await Promise.all([attester.signU2f(fromHex('01')), attester.signU2f(fromHex('02'))]);
    expect(one.certificate).toEqual(two.certificate);
    expect(store.writes.length).toBe(1);
    const later = await createAttester(createOptions(store)).signU2f(fromHex('03'));
    expect(later.certificate).toEqual(one.certificate);
    expect(store.writes.length).toBe(1);
  });

  it('differ between batch and individual, and the individual one stays', async () => {
    const store = createTestStore();
    const options = createOptions(store);
    const batch = leafOf((await register(options, 'packed')).attStmt);
    const first = leafOf((await register(options, 'enterprise')).attStmt);
    const second = leafOf((await register(options, 'enterprise')).attStmt);
    expect(first).toEqual(second);
    expect(first).not.toEqual(batch);
    expect(readCertificate(first).deviceSerial?.length).toBe(8);
    expect(readCertificate(batch).deviceSerial).toBeUndefined();
    expect(leafOf((await register(options, 'packed')).attStmt)).toEqual(batch);
    expect(store.writes.length).toBe(2);
  });

  it('are renewed under the same root when the key becomes another model, and the serial number stays', async () => {
    const store = createTestStore();
    const before = leafOf((await register(createOptions(store), 'enterprise')).attStmt);
    const { root } = store.attestation()!;
    const other = createOptions(store, { aaguid: new Uint8Array(16).fill(0xaa) });
    for (const kind of ['packed', 'enterprise'] as const) {
      const registration = await register(other, kind);
      expect(readCertificate(leafOf(registration.attStmt)).aaguid).toEqual(other.aaguid);
      expect((await verify(registration, [root.certificate])).verified).toBe(true);
    }
    expect(store.attestation()!.root).toEqual(root);
    const after = leafOf((await register(other, 'enterprise')).attStmt);
    expect(readCertificate(after).deviceSerial).toEqual(readCertificate(before).deviceSerial);
    expect(readCertificate(before).aaguid).toEqual(aaguid);
  });

  it('that could not be stored are not used, and the next request tries again', async () => {
    const store = createTestStore();
    let isFull = true;
    const picky = {
      attestation: () => store.attestation(),
      setAttestation: (material: Parameters<typeof store.setAttestation>[0]) =>
        isFull ? Promise.reject(new KeystoreError('full', 'no room')) : store.setAttestation(material),
    };
    const attester = createAttester({ ...createOptions(store), store: picky });
    await expect(attester.signU2f(fromHex('01'))).rejects.toThrow(KeystoreError);
    isFull = false;
    const { certificate } = await attester.signU2f(fromHex('01'));
    expect(certificate).toEqual(store.attestation()!.batch.certificate);
  });
});
