import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../../src/attestation/authority.ts';
import { giveAttestation } from '../../../src/attestation/material.ts';
import { encodePem, parseAttestationPem } from '../../../src/attestation/pem.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import { aaguid, createOptions, createTestStore, crypto, register, verify } from './ceremony.ts';

const given = JSON.parse(
  readFileSync(new URL('../../vectors/attestation-pem.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;
const pem = (...names: string[]): string => names.map((name) => given[name]!).join('some text between\n');
const derOf = (name: string): Uint8Array => Uint8Array.from(new X509Certificate(given[name]!).raw);

describe('PEM', () => {
  it('is written as OpenSSL writes it', () => {
    expect(encodePem('CERTIFICATE', derOf('leaf'))).toBe(given['leaf']);
  });

  it('of a whole set is read in any order', () => {
    for (const order of [
      ['root', 'rootKey', 'leaf', 'leafKey'],
      ['leafKey', 'rootKey', 'leaf', 'root'],
    ]) {
      const { root, batch } = parseAttestationPem(pem(...order), crypto, aaguid);
      expect(root.certificate).toEqual(derOf('root'));
      expect(encodePem('PRIVATE KEY', root.privateKey)).toBe(given['rootKey']);
      expect(batch?.certificate).toEqual(derOf('leaf'));
      expect(encodePem('PRIVATE KEY', batch!.privateKey)).toBe(given['leafKey']);
    }
  });

  it('may leave out what only signing new certificates needs, or the certificate that can be made', () => {
    const fixed = parseAttestationPem(pem('root', 'leaf', 'leafKey'), crypto, aaguid);
    expect(fixed.root.privateKey.length).toBe(0);
    expect(parseAttestationPem(pem('root', 'rootKey'), crypto, aaguid).batch).toBeUndefined();
  });

  it.each([
    ['nothing', '', /no PEM blocks/],
    ['no root', pem('leaf', 'leafKey'), /no root certificate/],
    ['a root alone', pem('root'), /neither/],
    ['no key of the certificate', pem('root', 'rootKey', 'leaf'), /no private key for the attestation/],
    ['a key of nothing', pem('root', 'rootKey', 'leafKey'), /belongs to no certificate/],
    ['two roots', pem('root', 'rootKey', 'otherRoot'), /more than one root/],
    ['two certificates', pem('root', 'leaf', 'leafWithOtherUnit', 'leafKey'), /more than one attestation/],
    ['another unit', pem('root', 'leafWithOtherUnit', 'leafKey'), /Authenticator Attestation/],
    ['an authority of the same name', pem('otherRoot', 'leaf', 'leafKey'), /not signed with the key/],
    ['a key in the form of SEC 1', pem('root', 'leaf', 'leafKeySec1'), /EC PRIVATE KEY/],
    ['bad base64', '-----BEGIN CERTIFICATE-----\n=A=\n-----END CERTIFICATE-----', /not base64/],
    ['bad DER', encodePem('CERTIFICATE', Uint8Array.of(0x30, 1)), /cannot be read/],
    ['a bad key', pem('root') + encodePem('PRIVATE KEY', Uint8Array.of(0x30, 0)), /not a P-256 key/],
  ])('with %s is refused', (_name, text, message) => {
    expect(() => parseAttestationPem(text, crypto, aaguid)).toThrow(UsageError);
    expect(() => parseAttestationPem(text, crypto, aaguid)).toThrow(message);
  });

  it('for another model is refused', () => {
    const other = new Uint8Array(16);
    expect(() => parseAttestationPem(pem('root', 'leaf', 'leafKey'), crypto, other)).toThrow(
      /another AAGUID/,
    );
  });

  it('with a leaf of another authority is refused', async () => {
    const foreign = await createAuthority(createOptions(createTestStore()));
    const text = encodePem('CERTIFICATE', foreign.certificate) + pem('leaf', 'leafKey');
    expect(() => parseAttestationPem(text, crypto, aaguid)).toThrow(/not issued by/);
  });
});

describe('attestation that a user gave', () => {
  it('is used as it is', async () => {
    const store = createTestStore();
    const options = createOptions(store);
    await giveAttestation(options, pem('root', 'leaf', 'leafKey'));
    const { attStmt } = await register(options, 'packed');
    expect(attStmt.get('x5c')).toEqual([derOf('leaf')]);
    await expect(register(options, 'enterprise')).rejects.toThrow(UsageError);
    expect(store.writes.length).toBe(1);
  });

  it('signs certificates of its own with the authority of the user', async () => {
    const store = createTestStore();
    const options = createOptions(store);
    // Made here and now, so that the verifier finds it valid at any date.
    const authority = await createAuthority(options);
    const text =
      encodePem('CERTIFICATE', authority.certificate) + encodePem('PRIVATE KEY', authority.privateKey);
    await register(options, 'enterprise');
    const material = await giveAttestation(options, text);
    expect(material.root).toEqual(authority);
    expect(material.enterprise).toBeUndefined();
    for (const kind of ['packed', 'enterprise', 'fido-u2f'] as const) {
      expect((await verify(await register(options, kind), [authority.certificate])).verified).toBe(true);
    }
  });

  it('that is wrong changes nothing', async () => {
    const store = createTestStore();
    await expect(giveAttestation(createOptions(store), pem('leaf'))).rejects.toThrow(UsageError);
    expect(store.writes).toEqual([]);
  });
});
