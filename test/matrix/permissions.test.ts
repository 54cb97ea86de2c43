import { describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import { encapsulate } from '../../src/client/pin-protocol.ts';
import { decodeClientPin } from '../../src/client/responses.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { encodeDescriptor, encodeUser } from '../../src/ctap/entities.ts';
import { statusName } from '../../src/ctap/status.ts';
import type { Credential } from '../../src/ports/credential.ts';
import type { DeviceState } from '../../src/ports/keystore.ts';
import { createBareAuthenticator, type BareAuthenticator } from '../support/bare-authenticator.ts';
import { everyCapability } from '../support/capabilities.ts';
import { fingerprintKey } from '../support/fingerprints.ts';
import { localProfile, localRandom } from '../support/local-key.ts';
import { hashOf } from '../support/pin-requests.ts';
import { encodeMakeCredential } from '../../src/client/ctap-client.ts';
import { pin, provider, resident, site, siteHash, snapshot } from '../support/protocol.ts';
import {
  expectPermission,
  permissionCases,
  type Action,
  type PermissionCase,
  type Token,
} from './permission-model.ts';

const platform = { crypto: provider, random: localRandom() };
const template = Uint8Array.of(1, 2, 3);
const profile = { ...localProfile, ...everyCapability, ...fingerprintKey, uvBioEnroll: true, uvAcfg: true };

interface Prepared {
  readonly key: BareAuthenticator;
  readonly credential: Credential;
  readonly state: DeviceState;
  /** Undefined without a token. */
  readonly token: Uint8Array | undefined;
}

const asked: Readonly<Partial<Record<Token, { permissions: number; rpId?: string }>>> = {
  mc: { permissions: 0x01, rpId: site },
  ga: { permissions: 0x02, rpId: site },
  cm: { permissions: 0x04 },
  be: { permissions: 0x08 },
  lbw: { permissions: 0x10 },
  acfg: { permissions: 0x20 },
  pcmr: { permissions: 0x40 },
  'cm of the site': { permissions: 0x04, rpId: site },
  'cm of another': { permissions: 0x04, rpId: 'another.example' },
};

async function fetchToken(
  key: BareAuthenticator,
  { protection, token }: PermissionCase,
): Promise<Uint8Array | undefined> {
  if (token === 'absent') return undefined;
  if (token === 'garbage') return new Uint8Array(32);
  const agreed = await key.send(
    6,
    cborMap(
      new Map([
        [1, 2],
        [2, 2],
      ]),
    ),
  );
  const secret = encapsulate(platform, 2, decodeClientPin(agreed.subarray(1)).keyAgreement as CborMap);
  const byPin = protection === 'pin';
  const request = cborMap(
    new Map<number, CborValue | undefined>([
      [1, 2],
      [2, token === 'legacy' ? 5 : byPin ? 9 : 6],
      [3, secret.keyAgreement],
      [6, byPin ? secret.encrypt(hashOf(pin)) : undefined],
      [9, asked[token]?.permissions],
      [10, asked[token]?.rpId],
    ]),
  );
  const issued = await key.send(6, request);
  expect(statusName(issued[0]!)).toBe('OK');
  return secret.decrypt(decodeClientPin(issued.subarray(1)).pinUvAuthToken!);
}

async function prepare(c: PermissionCase): Promise<Prepared> {
  const key = createBareAuthenticator({ ports: { profile } });
  expect((await key.send(1, encodeMakeCredential(resident(1))))[0]).toBe(0);
  const [credential] = [...key.keystore.all()];
  await key.keystore.updateState({
    ...(c.protection === 'pin' && { pin: { hash: hashOf(pin), codePoints: 4 } }),
    ...(c.protection === 'finger' && { fingerprints: [{ id: template }] }),
  });
  const token = await fetchToken(key, c);
  await key.keystore.updateState({ alwaysUv: c.alwaysUv });
  return { key, credential: credential!, state: key.keystore.state(), token };
}

const blob = concatBytes(Uint8Array.of(0x80), provider.sha256(Uint8Array.of(0x80)).subarray(0, 16));

/** Command, subcommand and its parameters. */
function commandOf(action: Action, { id }: Credential): readonly [number, number, CborMap | undefined] {
  switch (action) {
    case 'getCredsMetadata':
      return [0x0a, 1, undefined];
    case 'enumerateRpsBegin':
      return [0x0a, 2, undefined];
    case 'enumerateCredentialsBegin':
      return [0x0a, 4, cborMap([[1, siteHash]])];
    case 'deleteCredential':
      return [0x0a, 6, cborMap([[2, encodeDescriptor(id)]])];
    case 'updateUserInformation':
      return [
        0x0a,
        7,
        cborMap([
          [2, encodeDescriptor(id)],
          [3, encodeUser({ id: Uint8Array.of(1), name: 'x' })],
        ]),
      ];
    case 'enrollBegin':
      return [0x09, 1, undefined];
    case 'enumerateEnrollments':
      return [0x09, 4, undefined];
    case 'setFriendlyName':
      return [
        0x09,
        5,
        cborMap(
          new Map<number, CborValue>([
            [1, template],
            [2, 'x'],
          ]),
        ),
      ];
    case 'removeEnrollment':
      return [0x09, 6, cborMap([[1, template]])];
    case 'enableEnterpriseAttestation':
      return [0x0d, 1, undefined];
    case 'toggleAlwaysUv':
      return [0x0d, 2, undefined];
    case 'setMinPinLength':
      return [0x0d, 3, cborMap([[1, 4]])];
    case 'enableLongTouchForReset':
      return [0x0d, 4, undefined];
    case 'vendorPrototype':
      return [0x0d, 0xff, cborMap([[1, 0x42]])];
    case 'setLargeBlob':
      return [0x0c, 0, undefined];
  }
}

function sign(
  { token }: Prepared,
  protocol: PermissionCase['protocol'],
  message: Uint8Array,
): Uint8Array | undefined {
  const mac = token && provider.hmacSha256(token, message);
  return protocol === 1 ? mac?.subarray(0, 16) : mac;
}

const configPrefix = new Uint8Array(32).fill(0xff);

function requestOf(prepared: Prepared, { action, protocol }: PermissionCase): readonly [number, CborMap] {
  const [command, sub, params] = commandOf(action, prepared.credential);
  const raw = params ? encodeCbor(params) : new Uint8Array();
  const signed = (...parts: Uint8Array[]) => sign(prepared, protocol, concatBytes(...parts));
  const members = (...entries: (readonly [number, CborValue | undefined])[]) =>
    [command, cborMap(new Map(entries))] as const;
  switch (command) {
    case 0x09:
      return members([1, 1], [2, sub], [3, params], [4, protocol], [5, signed(Uint8Array.of(1, sub), raw)]);
    case 0x0a:
      return members([1, sub], [2, params], [3, protocol], [4, signed(Uint8Array.of(sub), raw)]);
    case 0x0d: {
      const param = signed(configPrefix, Uint8Array.of(0x0d, sub), raw);
      return members([1, sub], [2, params], [3, protocol], [4, param]);
    }
    default: {
      const param = signed(configPrefix, Uint8Array.of(0x0c, 0, 0, 0, 0, 0), provider.sha256(blob));
      return members([2, blob], [3, 0], [4, blob.length], [5, param], [6, protocol]);
    }
  }
}

const prepared = new Map<string, Promise<Prepared>>();

/** The key for a case, brought back to where it was after the case before. */
async function keyFor(c: PermissionCase): Promise<Prepared> {
  const kind = JSON.stringify([c.protection, c.alwaysUv, c.token]);
  const made = prepared.get(kind) ?? prepare(c);
  prepared.set(kind, made);
  const { credential, key, state } = await made;
  await key.keystore.updateState({
    largeBlobArray: undefined,
    longTouchForReset: undefined,
    minPinLength: undefined,
    ...state,
  });
  if (!(await key.keystore.update(credential))) await key.keystore.add(credential);
  return made;
}

describe(`the matrix of ${permissionCases.length} subcommands that need a permission`, () => {
  it('reaches every status that authorisation can end with', () => {
    expect([...new Set(permissionCases.map(expectPermission))].toSorted()).toEqual([
      'INVALID_PARAMETER',
      'MISSING_PARAMETER',
      'OK',
      'PIN_AUTH_INVALID',
      'PUAT_REQUIRED',
    ]);
  });

  it('agrees with the model, and what is refused changes nothing', { timeout: 60_000 }, async () => {
    const found: string[] = [];
    for (const c of permissionCases) {
      const ready = await keyFor(c);
      const before = snapshot(ready.key.keystore);
      const status = statusName((await ready.key.send(...requestOf(ready, c)))[0]!);
      const expected = expectPermission(c);
      if (status !== expected) found.push(`${JSON.stringify(c)}: ${status} instead of ${expected}`);
      if (status !== 'OK' && snapshot(ready.key.keystore) !== before)
        found.push(`${JSON.stringify(c)} changes`);
    }
    expect(found).toEqual([]);
  });
});
