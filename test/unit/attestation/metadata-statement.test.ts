import { MetadataService } from '@simplewebauthn/server';
import { describe, expect, it } from 'vitest';
import { createMetadataStatement, type MetadataInput } from '../../../src/attestation/metadata-statement.ts';
import { coseAlgorithm } from '../../../src/cose/algorithm.ts';
import { fromHex } from '../../support/hex.ts';
import { aaguid, createOptions, createTestStore, register, verify } from './ceremony.ts';

const input: MetadataInput = {
  aaguid,
  description: 'Fauxkey, the complete key',
  authenticatorVersion: 1,
  versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3'],
  transports: ['usb'],
  algorithms: Object.values(coseAlgorithm),
  attestationTypes: ['basic_full', 'basic_surrogate', 'basic_full'],
  rootCertificates: [fromHex('3003020100')],
  verifications: [
    { method: 'client-pin', minLength: 4, maxRetries: 8 },
    { method: 'fingerprint', maxTemplates: 5, maxRetries: 5 },
  ],
  getInfo: {
    versions: ['FIDO_2_3'],
    aaguid,
    options: new Map([['rk', true]]),
    algorithms: [-7, -8],
    minPinLength: 4,
    forcePinChange: false,
    encIdentifier: new Uint8Array(32),
    remainingDiscoverableCredentials: 3,
    certifications: new Map([['FIDO', 1]]),
  },
};

/** Members that FIDO Metadata Statement 3.0 §4 requires of a FIDO2 authenticator. */
const required = [
  'legalHeader',
  'aaguid',
  'description',
  'authenticatorVersion',
  'protocolFamily',
  'schema',
  'upv',
  'authenticationAlgorithms',
  'publicKeyAlgAndEncodings',
  'attestationTypes',
  'userVerificationDetails',
  'keyProtection',
  'matcherProtection',
  'attachmentHint',
  'tcDisplay',
  'attestationRootCertificates',
  'authenticatorGetInfo',
];

describe('the metadata statement', () => {
  it('of a FIDO2 key has all required members, and is JSON', () => {
    const statement = createMetadataStatement(input);
    expect(JSON.parse(JSON.stringify(statement))).toEqual(statement);
    for (const member of required) expect(statement, member).toHaveProperty(member);
    expect(statement).toMatchObject({
      aaguid: '00010203-0405-0607-0809-0a0b0c0d0e0f',
      protocolFamily: 'fido2',
      schema: 3,
      upv: [
        { major: 1, minor: 0 },
        { major: 1, minor: 1 },
        { major: 1, minor: 3 },
      ],
      publicKeyAlgAndEncodings: ['cose'],
      attestationTypes: ['basic_full', 'basic_surrogate'],
      attestationRootCertificates: ['MAMCAQA='],
      userVerificationDetails: [
        [{ userVerificationMethod: 'presence_internal' }],
        [
          { userVerificationMethod: 'presence_internal' },
          {
            userVerificationMethod: 'passcode_external',
            caDesc: { base: 64, minLength: 4, maxRetries: 8, blockSlowdown: 0 },
          },
        ],
        [
          { userVerificationMethod: 'presence_internal' },
          {
            userVerificationMethod: 'fingerprint_internal',
            baDesc: { maxTemplates: 5, maxRetries: 5, blockSlowdown: 0 },
          },
        ],
      ],
    });
  });

  it('names each signature algorithm once, and none without a name', () => {
    const { authenticationAlgorithms } = createMetadataStatement(input) as {
      authenticationAlgorithms: string[];
    };
    expect([...authenticationAlgorithms].sort()).toEqual([
      'ed25519_eddsa_sha512_raw',
      'ed448_eddsa_sha512_raw',
      'rsassa_pkcsv15_sha256_raw',
      'rsassa_pkcsv15_sha384_raw',
      'rsassa_pkcsv15_sha512_raw',
      'rsassa_pss_sha256_raw',
      'rsassa_pss_sha384_raw',
      'rsassa_pss_sha512_raw',
      'secp256k1_ecdsa_sha256_raw',
      'secp256r1_ecdsa_sha256_raw',
      'secp384r1_ecdsa_sha384_raw',
      'secp521r1_ecdsa_sha512_raw',
    ]);
  });

  it('shows getInfo in the spelling of the standard, without what is individual', () => {
    expect(createMetadataStatement(input)['authenticatorGetInfo']).toEqual({
      versions: ['FIDO_2_3'],
      aaguid: '000102030405060708090a0b0c0d0e0f',
      options: { rk: true },
      algorithms: [
        { type: 'public-key', alg: -7 },
        { type: 'public-key', alg: -8 },
      ],
      minPINLength: 4,
      forcePINChange: false,
      certifications: { FIDO: 1 },
    });
  });

  it('of a U2F key goes by its certificates', () => {
    const statement = createMetadataStatement({
      ...input,
      versions: ['U2F_V2'],
      attestationCertificateKeyIdentifiers: ['7c0903708b87115b0b422def3138c3c864e44573'],
    });
    expect(statement).toMatchObject({
      protocolFamily: 'u2f',
      upv: [{ major: 1, minor: 2 }],
      publicKeyAlgAndEncodings: ['ecc_x962_raw'],
      attestationCertificateKeyIdentifiers: ['7c0903708b87115b0b422def3138c3c864e44573'],
    });
    expect(statement).not.toHaveProperty('aaguid');
    expect(statement).not.toHaveProperty('authenticatorGetInfo');
  });

  it('has a description', () => {
    for (const description of ['', 'x'.repeat(201)]) {
      expect(() => createMetadataStatement({ ...input, description })).toThrow(RangeError);
    }
  });

  it('makes a verifier that trusts metadata only accept the key, and no other', async () => {
    const store = createTestStore();
    const options = createOptions(store);
    const registration = await register(options, 'packed');
    const statementWith = async (root: Uint8Array): Promise<void> => {
      const statement = createMetadataStatement({ ...input, rootCertificates: [root] });
      await MetadataService.initialize({
        mdsServers: [],
        statements: [statement as never],
        verificationMode: 'strict',
      });
    };
    await statementWith(store.attestation()!.root.certificate);
    expect((await verify(registration)).verified).toBe(true);
    const stranger = createTestStore();
    await register(createOptions(stranger), 'packed');
    await statementWith(stranger.attestation()!.root.certificate);
    await expect(verify(registration)).rejects.toThrow();
  });
});
