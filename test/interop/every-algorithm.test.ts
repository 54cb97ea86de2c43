import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { Decoder } from 'cbor-x';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeAttestation } from '../../src/app/attestation-admin.ts';
import { createKey, type Key } from '../../src/app/create-key.ts';
import type { ProfileSettings } from '../../src/app/profile-settings.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { WebAuthnClient } from '../../src/client/webauthn/webauthn-client.ts';
import { coseAlgorithm, type AlgorithmName, type CoseAlgorithm } from '../../src/cose/algorithm.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { exportKey, importCredentials, parseExportDocument } from '../../src/keystore/exchange.ts';
import type { CryptoProvider, KeyPair } from '../../src/ports/crypto.ts';
import {
  nobleAccepts,
  opensslAccepts,
  opensslHasMlDsa,
  opensslKey,
  type CoseMap,
  type Signed,
} from './judges.ts';

type Judge = 'OpenSSL' | 'noble' | 'SimpleWebAuthn';

const mlDsa: readonly Judge[] = opensslHasMlDsa ? ['OpenSSL', 'noble', 'SimpleWebAuthn'] : ['noble'];

/**
 * Who judges each algorithm here (WebAuthn L3 §5.8.5, §6.5.5), signatures of attestation and of assertions. python-fido2.test.ts has a fourth judge
 * for all but PS384, PS512, RS384 and RS512, with an OpenSSL of its own that knows ML-DSA.
 */
const judges: Readonly<Record<AlgorithmName, readonly Judge[]>> = {
  ES256: ['OpenSSL', 'noble', 'SimpleWebAuthn'],
  EdDSA: ['OpenSSL', 'noble', 'SimpleWebAuthn'],
  ESP256: ['OpenSSL', 'noble'],
  Ed25519: ['OpenSSL', 'noble'],
  ES384: ['OpenSSL', 'noble', 'SimpleWebAuthn'],
  ES512: ['OpenSSL', 'noble', 'SimpleWebAuthn'],
  PS256: ['OpenSSL', 'SimpleWebAuthn'],
  PS384: ['OpenSSL', 'SimpleWebAuthn'],
  PS512: ['OpenSSL', 'SimpleWebAuthn'],
  ES256K: ['OpenSSL', 'noble'],
  MLDSA44: mlDsa,
  MLDSA65: mlDsa,
  MLDSA87: mlDsa,
  ESP384: ['OpenSSL', 'noble'],
  ESP512: ['OpenSSL', 'noble'],
  Ed448: ['OpenSSL', 'noble'],
  RS256: ['OpenSSL', 'SimpleWebAuthn'],
  RS384: ['OpenSSL', 'SimpleWebAuthn'],
  RS512: ['OpenSSL', 'SimpleWebAuthn'],
};

const kinds = ['none', 'packed-self', 'packed', 'fido-u2f', 'enterprise'] as const;
type Kind = (typeof kinds)[number];

const origin = 'https://example.com';
const rpId = 'example.com';
const challenge = Buffer.from('challenge').toString('base64url');
const user = { id: Buffer.from('user').toString('base64url'), name: 'user', displayName: 'User' };
const cbor = new Decoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });
const algorithms = Object.entries(coseAlgorithm) as [AlgorithmName, CoseAlgorithm][];

/** OpenSSL, but with one RSA key for all: making one for each takes longer than everything else together. */
function createQuickCrypto(): CryptoProvider {
  const crypto = createNodeCrypto();
  let rsaKey: Promise<KeyPair> | undefined;
  return {
    ...crypto,
    generateKeyPair: async (alg) => {
      if (alg > -37 || (alg < -39 && alg > -257)) return crypto.generateKeyPair(alg);
      rsaKey ??= Promise.resolve(crypto.generateKeyPair(-257));
      return crypto.importPrivateKey(alg, (await rsaKey).privateKey);
    },
  };
}

const crypto = createQuickCrypto();

interface Bench {
  readonly key: Key;
  readonly browser: WebAuthnClient;
  /** PEM. */
  readonly root: string;
}

async function openBench(changes: ProfileSettings = {}): Promise<Bench> {
  const profile = { algorithms: crypto.algorithms, maxMsgSize: 7609, ...changes };
  const key = createKey({ profile, crypto });
  const [clock, random] = [systemClock, systemRandom];
  const ctap = new CtapClient(await openHidChannel({ pipe: key.connect(), clock, random }), {
    crypto,
    random,
  });
  const named = { name: 'test', changed: true, profile: key.profile };
  const { root } = await describeAttestation(key.keystore, crypto, key.profile, named);
  await key.keystore.updateState({ enterpriseAttestation: true });
  return {
    key,
    root,
    browser: new WebAuthnClient({ ctap, clock, origin, allowsEnterpriseAttestation: () => true }),
  };
}

function register({ browser }: Bench, kind: Kind, alg: CoseAlgorithm, residentKey = 'discouraged') {
  return browser.create({
    rp: { id: rpId, name: 'Example' },
    user,
    challenge,
    pubKeyCredParams: [{ type: 'public-key', alg }],
    attestation: kind === 'enterprise' ? 'enterprise' : 'direct',
    authenticatorSelection: { residentKey, userVerification: 'discouraged' },
  });
}

interface Parts {
  readonly fmt: string;
  readonly attStmt: ReadonlyMap<string, unknown>;
  readonly authData: Uint8Array;
  readonly aaguid: Uint8Array;
  readonly id: Uint8Array;
  readonly publicKey: CoseMap;
  readonly clientDataHash: Uint8Array;
}

const sha256 = (text: string): Uint8Array => crypto.sha256(Buffer.from(text, 'base64url'));

/** What is in an attestation object, taken apart by somebody else's CBOR. */
function takeApart({ response }: { readonly response: RegistrationResponseJSON['response'] }): Parts {
  const object = cbor.decode(Buffer.from(response.attestationObject, 'base64url')) as ReadonlyMap<
    string,
    unknown
  >;
  const authData = object.get('authData') as Uint8Array;
  const idLength = new DataView(authData.buffer, authData.byteOffset).getUint16(53);
  return {
    fmt: object.get('fmt') as string,
    attStmt: object.get('attStmt') as ReadonlyMap<string, unknown>,
    authData,
    aaguid: authData.subarray(37, 53),
    id: authData.subarray(55, 55 + idLength),
    publicKey: cbor.decode(authData.subarray(55 + idLength)) as CoseMap,
    clientDataHash: sha256(response.clientDataJSON),
  };
}

const accept = { OpenSSL: opensslAccepts, noble: nobleAccepts } as const;

/** The judges of an algorithm that look at bare signatures accept this one, and no bent one. */
function judge(name: AlgorithmName, signed: Signed): void {
  const bent = Uint8Array.from(signed.signature);
  bent[bent.length - 1]! ^= 1;
  for (const who of judges[name]) {
    if (who === 'SimpleWebAuthn') continue;
    expect(accept[who](signed), who).toBe(true);
    expect(accept[who]({ ...signed, data: Buffer.concat([signed.data, Buffer.of(0)]) }), who).toBe(false);
    expect(accept[who]({ ...signed, signature: bent }), who).toBe(false);
  }
}

/** WebAuthn L3 §8.2.1, by Node's reading of X.509; the extension by its bytes. */
function judgeCertificate(der: Uint8Array, root: string, aaguid: Uint8Array): X509Certificate {
  const [leaf, issuer] = [new X509Certificate(der), new X509Certificate(root)];
  expect(leaf.checkIssued(issuer)).toBe(true);
  expect(leaf.verify(issuer.publicKey)).toBe(true);
  expect([leaf.ca, issuer.ca]).toEqual([false, true]);
  expect(leaf.subject).toMatch(/^C=[A-Z]{2}\nO=.+\nOU=Authenticator Attestation\nCN=.+$/);
  const now = Date.now();
  expect(Date.parse(leaf.validFrom) <= now && now < Date.parse(leaf.validTo)).toBe(true);
  const extension = `060b2b0601040182e51c01010404120410${Buffer.from(aaguid).toString('hex')}`;
  expect(Buffer.from(der).toString('hex')).toContain(extension);
  return leaf;
}

/** Everything but a verdict on the whole response. */
function judgeStatement(name: AlgorithmName, kind: Kind, { key, root }: Bench, parts: Parts): void {
  const { attStmt, authData, clientDataHash, publicKey } = parts;
  const signature = attStmt.get('sig') as Uint8Array;
  const data = Buffer.concat([authData, clientDataHash]);
  if (kind === 'none') {
    expect(parts).toMatchObject({ fmt: 'none', attStmt: new Map() });
    return;
  }
  if (kind === 'packed-self') {
    expect([parts.fmt, attStmt.get('alg')]).toEqual(['packed', publicKey.get(3)]);
    judge(name, { publicKey, data, signature });
    return;
  }
  const [der] = attStmt.get('x5c') as Uint8Array[];
  const leaf = judgeCertificate(der!, root, key.profile.aaguid);
  const point = ['x', 'y'].map((member) =>
    Buffer.from((leaf.publicKey.export({ format: 'jwk' }) as Record<string, string>)[member]!, 'base64url'),
  );
  const attested = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, point[0]!],
    [-3, point[1]!],
  ]);
  if (kind === 'fido-u2f') {
    const coordinates = [publicKey.get(-2), publicKey.get(-3)] as Uint8Array[];
    const u2f = [
      Buffer.of(0),
      authData.subarray(0, 32),
      clientDataHash,
      parts.id,
      Buffer.of(4),
      ...coordinates,
    ];
    expect(parts).toMatchObject({ fmt: 'fido-u2f', aaguid: Buffer.alloc(16) });
    judge('ES256', { publicKey: attested, data: Buffer.concat(u2f), signature });
    return;
  }
  expect([parts.fmt, attStmt.get('alg')]).toEqual(['packed', -7]);
  judge('ES256', { publicKey: attested, data, signature });
}

const benches = new Map<Kind, Bench>();
const benchOf = (kind: Kind): Bench => benches.get(kind)!;
beforeAll(async () => {
  for (const kind of kinds) {
    const attestation = kind === 'enterprise' ? 'packed' : kind;
    benches.set(kind, await openBench({ attestation }));
  }
});

const rows = kinds.flatMap((kind) =>
  algorithms
    .filter(([name]) => kind !== 'fido-u2f' || name === 'ES256')
    .map(([name, alg]) => ({ kind, name, alg, who: judges[name].join(', ') })),
);

describe('others accept', () => {
  it.each(rows)('$name with attestation $kind, judged by $who', async ({ kind, name, alg }) => {
    const bench = benchOf(kind);
    const response = (await register(bench, kind, alg)) as unknown as RegistrationResponseJSON;
    const parts = takeApart(response);
    expect(parts.publicKey.get(3)).toBe(alg);
    judgeStatement(name, kind, bench, parts);

    const allowCredentials = [{ type: 'public-key', id: response.id }];
    const used = await bench.browser.get({
      rpId,
      challenge,
      allowCredentials,
      userVerification: 'discouraged',
    });
    const authData = Buffer.from(used.response.authenticatorData, 'base64url');
    const data = Buffer.concat([authData, sha256(used.response.clientDataJSON)]);
    const signature = Buffer.from(used.response.signature, 'base64url');
    judge(name, { publicKey: parts.publicKey, data, signature });

    if (!judges[name].includes('SimpleWebAuthn')) return;
    const expected = {
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: false,
    };
    for (const identifier of ['packed', 'fido-u2f'] as const) {
      SettingsService.setRootCertificates({ identifier, certificates: [bench.root] });
    }
    const registered = await verifyRegistrationResponse({
      ...expected,
      response,
      supportedAlgorithmIDs: [alg],
    });
    expect(registered).toMatchObject({ verified: true, registrationInfo: { fmt: parts.fmt } });
    const signedIn = await verifyAuthenticationResponse({
      ...expected,
      response: used as unknown as AuthenticationResponseJSON,
      credential: registered.registrationInfo!.credential,
    });
    expect(signedIn.verified).toBe(true);
  });

  it('each of the algorithms that there are', () => {
    expect(Object.keys(judges).toSorted()).toEqual(Object.keys(coseAlgorithm).toSorted());
    expect(Object.entries(judges).filter(([, who]) => who.length === 0)).toEqual([]);
  });
});

describe.each(algorithms)('%s moves', (name, alg) => {
  it('to another key by export and import, and signs there', async () => {
    const source = benchOf('packed-self');
    const made = (await register(
      source,
      'packed-self',
      alg,
      'required',
    )) as unknown as RegistrationResponseJSON;
    const { id, publicKey } = takeApart(made);
    const filter = (credential: { readonly id: Uint8Array }): boolean =>
      Buffer.compare(credential.id, id) === 0;
    const document = JSON.parse(
      JSON.stringify(exportKey(source.key.keystore, { withSecrets: true, filter })),
    ) as {
      readonly credentials: readonly { readonly privateKey: string }[];
    };

    const target = await openBench();
    const options = { crypto, random: systemRandom, onConflict: 'fail' } as const;
    expect(
      await importCredentials(target.key.keystore, parseExportDocument(document), options),
    ).toMatchObject({ added: 1 });
    const used = await target.browser.get({ rpId, challenge, userVerification: 'discouraged' });
    const authData = Buffer.from(used.response.authenticatorData, 'base64url');
    const data = Buffer.concat([authData, sha256(used.response.clientDataJSON)]);
    judge(name, { publicKey, data, signature: Buffer.from(used.response.signature, 'base64url') });

    if (name.startsWith('MLDSA') && !opensslHasMlDsa) return;
    const pkcs8 = Buffer.from(document.credentials[0]!.privateKey, 'base64url');
    const derived = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
    expect(derived.equals(opensslKey(publicKey))).toBe(true);
  });
});
