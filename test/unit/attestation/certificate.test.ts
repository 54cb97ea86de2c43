import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createAuthority,
  createBatchCertificate,
  createEnterpriseCertificate,
} from '../../../src/attestation/authority.ts';
import { leafProblem } from '../../../src/attestation/leaf-rules.ts';
import { readCertificate } from '../../../src/attestation/read-certificate.ts';
import { encodeTime } from '../../../src/attestation/time.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { fromHex, toHex } from '../../support/hex.ts';
import { aaguid, createOptions, createTestStore } from './ceremony.ts';

const ports = createOptions(createTestStore());
const root = await createAuthority(ports);
const batch = await createBatchCertificate(ports, root, aaguid);
const device = fromHex('0102030405060708');
const enterprise = await createEnterpriseCertificate(ports, root, aaguid, device);

describe('the root certificate', () => {
  const certificate = new X509Certificate(root.certificate);

  it('is an authority that signed itself', () => {
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.subject).toMatch(/^C=US\nO=Fauxkey\nCN=Fauxkey Test Authority [0-9a-f]{8}$/);
    expect(certificate.issuer).toBe(certificate.subject);
  });

  it('may sign certificates and lists, for end entities only', () => {
    expect(toHex(root.certificate)).toContain('0603551d130101ff0408' + '30060101ff020100');
    expect(toHex(root.certificate)).toContain('0603551d0f0101ff0404' + '03020106');
  });

  it('has a name of its own', async () => {
    const other = new X509Certificate((await createAuthority(ports)).certificate);
    expect(other.subject).not.toBe(certificate.subject);
  });
});

describe.each([
  ['batch', batch],
  ['enterprise', enterprise],
])('the %s certificate', (_name, { certificate, privateKey }) => {
  const parsed = new X509Certificate(certificate);
  const hex = toHex(certificate);

  it('is issued and signed by the root, and is no authority', () => {
    const authority = new X509Certificate(root.certificate);
    expect(parsed.checkIssued(authority)).toBe(true);
    expect(parsed.verify(authority.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
  });

  it('belongs to its private key', () => {
    expect(ports.crypto.importPrivateKey(-7, privateKey).privateKey).toEqual(privateKey);
    const { publicKey } = ports.crypto.importPrivateKey(-7, privateKey);
    const { x } = parsed.publicKey.export({ format: 'jwk' });
    expect(Buffer.from(publicKey.get(-2) as Uint8Array).toString('base64url')).toBe(x);
  });

  it('is valid from a day before it was made to the end of 2049', () => {
    expect(parsed.validFrom).toBe('Jun 14 12:00:00 2020 GMT');
    expect(parsed.validTo).toBe('Dec 31 23:59:59 2049 GMT');
  });

  it('has a positive serial number of 16 bytes', () => {
    expect(parsed.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('has the subject that the standard asks for, with the country as PrintableString', () => {
    expect(parsed.subject).toMatch(/^C=US\nO=Fauxkey\nOU=Authenticator Attestation\nCN=Fauxkey \w/);
    expect(hex).toContain('0603550406' + '1302' + '5553');
    expect(leafProblem(readCertificate(certificate), aaguid)).toBeUndefined();
  });

  it('has exactly the extensions of the standard, FIDO’s own not critical', () => {
    expect(hex).toContain('0603551d130101ff0402' + '3000');
    expect(hex).toContain('0603551d0f0101ff0404' + '03020780');
    expect(hex).toContain('060b2b0601040182e51c010104' + '0412' + '0410' + toHex(aaguid));
    expect(hex).toContain('060b2b0601040182e51c020101' + '0404' + '03020520');
  });

  it('names the key identifier of the root', () => {
    const { subjectKeyIdentifier } = readCertificate(root.certificate);
    expect(subjectKeyIdentifier?.length).toBe(20);
    expect(hex).toContain('0603551d23' + '0418' + '3016' + '8014' + toHex(subjectKeyIdentifier!));
  });
});

describe('the individual certificate', () => {
  it('alone carries the serial number of the device', () => {
    const serial = '060b2b0601040182e51c010102' + '040a' + '0408' + toHex(device);
    expect(toHex(enterprise.certificate)).toContain(serial);
    expect(toHex(batch.certificate)).not.toContain('060b2b0601040182e51c010102');
    expect(new X509Certificate(enterprise.certificate).subject).toContain('0102030405060708');
  });
});

describe('times in certificates', () => {
  it('are UTCTime from 1950 to 2049 and GeneralizedTime otherwise, for any second', () => {
    const latest = Date.UTC(9999, 11, 31);
    const earliest = Date.UTC(1900, 0, 1);
    fc.assert(
      fc.property(fc.integer({ min: earliest, max: latest }), (ms) => {
        const iso = new Date(ms)
          .toISOString()
          .replace(/\.\d+Z$/, 'Z')
          .replaceAll(/[-:T]/g, '');
        const year = Number(iso.slice(0, 4));
        const isUtcTime = year >= 1950 && year < 2050;
        const text = isUtcTime ? iso.slice(2) : iso;
        const expected = [isUtcTime ? 0x17 : 0x18, text.length, ...Buffer.from(text)];
        expect([...encodeTime(ms)]).toEqual(expected);
      }),
    );
  });

  it('of a certificate made after 2049 still end after they begin', async () => {
    const late = createOptions(createTestStore(), { clock: createFakeClock(0, Date.UTC(2060, 1, 29, 8)) });
    const { validFrom, validTo } = new X509Certificate((await createAuthority(late)).certificate);
    expect([validFrom, validTo]).toEqual(['Feb 28 08:00:00 2060 GMT', 'Feb 22 08:00:00 2085 GMT']);
  });
});
