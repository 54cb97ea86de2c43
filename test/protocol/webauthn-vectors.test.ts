import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/authenticator/profile.ts';
import { decodeCbor } from '../../src/cbor/decode.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import {
  encodeGetAssertion,
  encodeMakeCredential,
  publicKeyDescriptors,
} from '../../src/client/ctap-client.ts';
import { decodeAssertion, decodeRegistration } from '../../src/client/responses.ts';
import { createAttester } from '../../src/attestation/attester.ts';
import { algorithmSpec } from '../../src/cose/algorithm-table.ts';
import type { CoseAlgorithm } from '../../src/cose/algorithm.ts';
import { createNobleCrypto } from '../../src/crypto/noble/provider.ts';
import { encodePkcs8 } from '../../src/crypto/pkcs8.ts';
import type { PrivateKeyParts } from '../../src/crypto/pkcs8.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import type { Attester } from '../../src/ports/attester.ts';
import type { CryptoProvider } from '../../src/ports/crypto.ts';
import type { Random } from '../../src/ports/random.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { fromHex, toHex } from '../support/hex.ts';
import { localRandom } from '../support/local-key.ts';
import { provider } from '../support/protocol.ts';

type Values = Readonly<Record<string, string>>;
const { sections } = JSON.parse(
  readFileSync(new URL('../vectors/webauthn-l3-vectors.json', import.meta.url), 'utf8'),
) as { sections: { id: string; blocks: { values: Values }[] }[] };

function blocksOf(id: string): readonly Values[] {
  return sections.find((section) => section.id === id)!.blocks.map(({ values }) => values);
}

const noble = createNobleCrypto(localRandom());
const rpId = 'example.org';
const flag = { UV: 0x04, BE: 0x08, BS: 0x10 } as const;

function pkcs8(alg: CoseAlgorithm, secret: Uint8Array): Uint8Array {
  const parts: unknown = { ...algorithmSpec(alg), d: secret, seed: secret };
  return encodePkcs8(parts as PrivateKeyParts);
}

function powerOf(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % modulus) {
    if (rest & 1n) result = (result * square) % modulus;
  }
  return result;
}

/** The inverse of `value` modulo `modulus`, by Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return x < 0n ? x + modulus : x;
}

/** The RSA key of the vectors: the two smallest Mersenne primes of at least 1024 bits. */
function mersenneKey(): Uint8Array {
  const [p, q, e] = [2n ** 1279n - 1n, 2n ** 2203n - 1n, 65537n];
  expect(powerOf(3n, p - 1n, p)).toBe(1n);
  const d = inverse(e, (p - 1n) * (q - 1n));
  const encode = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
  };
  const key = {
    kty: 'RSA',
    n: encode(p * q),
    e: encode(e),
    d: encode(d),
    p: encode(p),
    q: encode(q),
    dp: encode(d % (p - 1n)),
    dq: encode(d % (q - 1n)),
    qi: encode(inverse(q, p)),
  };
  return Uint8Array.from(createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'der' }));
}

const attestationOf = (values: Values) => decodeCbor(fromHex(values['attestationObject']!)) as CborMap;

/** Attests with the certificate of the vector, if it has one, and its key; noble signs as RFC 6979 says. */
function attesterOf(values: Values, random: Random): Attester {
  const [certificate = new Uint8Array()] = ((attestationOf(values).get('attStmt') as CborMap).get('x5c') ??
    []) as readonly Uint8Array[];
  const privateKey = pkcs8(-7, fromHex(values['attestation_private_key'] ?? '01'.repeat(32)));
  const [authority] = blocksOf('sctn-test-vectors-attestation-root-cert');
  const root = {
    certificate: fromHex(authority!['attestation_ca_cert']!),
    privateKey: pkcs8(-7, fromHex(authority!['attestation_ca_key']!)),
  };
  return createAttester({
    store: {
      attestation: () => ({ root, batch: { certificate, privateKey } }),
      setAttestation: () => Promise.reject(new Error('the certificates are given')),
    },
    crypto: noble,
    clock: createFakeClock(),
    random,
    aaguid: fromHex(values['aaguid']!),
  });
}

/** A key that makes exactly the credential of a vector, with its flags. */
function keyOf(
  values: Values,
  flags: number,
  alg: CoseAlgorithm,
  kind: Profile['attestation'],
  crypto: CryptoProvider,
) {
  const id = fromHex(values['credential_id']!);
  const secret = values['credential_private_key'] ?? values['private_key'];
  const privateKey = secret === undefined ? mersenneKey() : pkcs8(alg, fromHex(secret));
  const fresh = localRandom();
  const random: Random = { bytes: (length) => (length === id.length ? id : fresh.bytes(length)) };
  return createBareAuthenticator({
    ports: {
      random,
      crypto: { ...crypto, generateKeyPair: () => crypto.importPrivateKey(alg, privateKey) },
      attester: attesterOf(values, random),
    },
    profile: {
      aaguid: fromHex(values['aaguid']!),
      algorithms: [alg],
      credentialIdLength: id.length,
      maxCredentialIdLength: 1023,
      attestation: kind,
      counter: 'zero',
      backupEligible: (flags & flag.BE) !== 0,
      backupState: (flags & flag.BS) !== 0,
      builtInUv: { modality: 'fingerprint', maxRetries: 5, attemptsPerOperation: 1 },
    },
  });
}

const table: readonly [string, CoseAlgorithm, Profile['attestation'], CryptoProvider][] = [
  ['none-es256', -7, 'none', noble],
  ['packed-self-es256', -7, 'packed-self', noble],
  ['none-es256-crossOrigin', -7, 'none', noble],
  ['none-es256-topOrigin', -7, 'none', noble],
  ['none-es256-long-credential-id', -7, 'none', noble],
  ['packed-es256', -7, 'packed', noble],
  ['packed-es384', -35, 'packed', noble],
  ['packed-es512', -36, 'packed', noble],
  ['packed-rs256', -257, 'packed', provider],
  ['packed-eddsa', -8, 'packed', provider],
  ['packed-ed448', -53, 'packed', noble],
  ['fido-u2f-es256', -7, 'fido-u2f', noble],
  // Formats that no security key has: all but the statement comes out.
  ['tpm-es256', -7, 'none', noble],
  ['android-key-es256', -7, 'none', noble],
  ['apple-es256', -7, 'none', noble],
];

describe.each(table)('WebAuthn Level 3 vector %s', (name, alg, kind, crypto) => {
  const [registration, authentication] = blocksOf(`sctn-test-vectors-${name}`);
  const object = attestationOf(registration!);
  const authData = object.get('authData') as Uint8Array;
  // The vector of fido-u2f has an AAGUID, which verifiers of that format refuse, and which nothing signs: ours is zero.
  if (kind === 'fido-u2f') authData.fill(0, 37, 53);
  const flags = authData[32]!;

  it('registers and signs in with the same bytes', async () => {
    const key = keyOf(registration!, flags, alg, kind, crypto);
    const createHash = provider.sha256(fromHex(registration!['clientDataJSON']!));
    const create = encodeMakeCredential({
      clientDataHash: createHash,
      rp: { id: rpId },
      user: { id: Uint8Array.of(1) },
      pubKeyCredParams: [{ alg, type: 'public-key' }],
      options: { uv: (flags & flag.UV) !== 0 },
    });
    const made = decodeRegistration((await key.send(1, create)).subarray(1));
    expect(toHex(made.authData)).toBe(toHex(authData));
    if (object.get('fmt') === 'none' || kind !== 'none') {
      const ours = cborMap([
        ['fmt', made.fmt],
        ['attStmt', made.attStmt],
        ['authData', made.authData],
      ]);
      expect(toHex(encodeCbor(ours))).toBe(toHex(encodeCbor(object)));
      if (kind !== 'fido-u2f') expect(toHex(encodeCbor(object))).toBe(registration!['attestationObject']);
    }

    const wanted = authentication!['authenticatorData']!;
    const wantedFlags = fromHex(wanted)[32]!;
    const [credential] = [...key.keystore.all()];
    await key.keystore.update({ ...credential!, backupState: (wantedFlags & flag.BS) !== 0 });
    const getHash = provider.sha256(fromHex(authentication!['clientDataJSON']!));
    const get = encodeGetAssertion({
      rpId,
      clientDataHash: getHash,
      allowList: publicKeyDescriptors(credential!.id),
      options: { uv: (wantedFlags & flag.UV) !== 0 },
    });
    const used = decodeAssertion((await key.send(2, get)).subarray(1));
    expect(toHex(used.authData)).toBe(wanted);
    expect(toHex(used.signature)).toBe(authentication!['signature']);
    expect(provider.verify(credential!.publicKey, concatBytes(used.authData, getHash), used.signature)).toBe(
      true,
    );
  });
});

describe('WebAuthn Level 3 vectors of hmac-secret', () => {
  const [shared, ...examples] = blocksOf('test-vectors-extensions-prf-ctap');
  const bytes = (values: Values, name: string) => fromHex(values[name]!.replace(/^0x/, ''));

  /**
   * The vectors give the platform's private key and the authenticator's public one. The secret is the same when both
   * change sides: here the key holds the private key, and the platform sends the public one.
   */
  it.each(examples.map((values, index) => [values, index === 2 ? 1 : 2] as const))(
    'gives the same output for %j',
    async (values, protocol) => {
      const output = bytes(values, 'output_enc');
      const fresh = localRandom();
      const random: Random = {
        bytes: (length) => (length === 16 ? output.slice(0, 16) : fresh.bytes(length)),
      };
      const own = provider.createAgreementKey(bytes(shared!, 'platform_key_agreement_private_key'));
      const key = createBareAuthenticator({
        ports: { random, crypto: { ...provider, createAgreementKey: () => own } },
      });
      const create = encodeMakeCredential({
        clientDataHash: new Uint8Array(32),
        rp: { id: rpId },
        user: { id: Uint8Array.of(1) },
        pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
      });
      expect((await key.send(1, create))[0]).toBe(0);
      const [credential] = [...key.keystore.all()];
      const credRandomWithoutUv = bytes(shared!, 'authenticator_cred_random');
      await key.keystore.update({ ...credential!, credRandomWithoutUv });

      const secret = bytes(values, 'shared_secret');
      const saltEnc = bytes(values, 'salt_enc');
      const whole = provider.hmacSha256(secret.subarray(0, 32), saltEnc);
      const input = cborMap(
        new Map<number, CborValue>([
          [
            1,
            cborMap([
              [1, 2],
              [3, -25],
              [-1, 1],
              [-2, bytes(shared!, '-2')],
              [-3, bytes(shared!, '-3')],
            ]),
          ],
          [2, saltEnc],
          [3, protocol === 1 ? whole.subarray(0, 16) : whole],
          [4, protocol],
        ]),
      );
      const get = encodeGetAssertion({
        rpId,
        clientDataHash: new Uint8Array(32),
        allowList: publicKeyDescriptors(credential!.id),
        extensions: { 'hmac-secret': input },
      });
      const answer = await key.send(2, get);
      expect(answer[0]).toBe(0);
      const used = decodeAssertion(answer.subarray(1));
      expect(toHex(used.parsed.extensions!.get('hmac-secret') as Uint8Array)).toBe(toHex(output));
    },
  );
});
