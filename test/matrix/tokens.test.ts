import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/authenticator/profile.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborMap } from '../../src/cbor/value.ts';
import { encapsulate, type SharedSecret } from '../../src/client/pin-protocol.ts';
import { decodeClientPin } from '../../src/client/responses.ts';
import { statusName } from '../../src/ctap/status.ts';
import type { DeviceStateChange } from '../../src/ports/keystore.ts';
import { createBareAuthenticator, type BareAuthenticator } from '../support/bare-authenticator.ts';
import { everyCapability } from '../support/capabilities.ts';
import { sensor } from '../support/fingerprints.ts';
import { localProfile, localRandom } from '../support/local-key.ts';
import { hashOf } from '../support/pin-requests.ts';
import { fingerprintUv, pin, provider, site } from '../support/protocol.ts';
import { expectToken, hasSensor, tokenCases, type TokenCase } from './token-model.ts';

const platform = { crypto: provider, random: localRandom() };

function profileOf(c: TokenCase): Profile {
  const withFeatures = c.features
    ? { ...localProfile, ...everyCapability }
    : { ...localProfile, credentialManagement: false, perCredMgmtRo: false };
  return {
    ...withFeatures,
    pin: { ...localProfile.pin!, noMcGaPermissions: c.noMcGa },
    uvBioEnroll: c.byUv,
    uvAcfg: c.byUv,
    ...(c.uv !== 'none' && {
      builtInUv: {
        ...fingerprintUv,
        modality: c.uv === 'typed' ? 'pin' : 'fingerprint',
        attemptsPerOperation: 1,
      },
    }),
    ...(hasSensor(c) && { bioEnrollment: sensor }),
  };
}

interface Prepared {
  readonly key: BareAuthenticator;
  secret: SharedSecret;
}

async function agree(key: BareAuthenticator): Promise<SharedSecret> {
  const answer = await key.send(
    6,
    cborMap(
      new Map([
        [1, 2],
        [2, 2],
      ]),
    ),
  );
  return encapsulate(platform, 2, decodeClientPin(answer.subarray(1)).keyAgreement as CborMap);
}

function request({ secret }: Prepared, c: TokenCase): CborMap {
  return cborMap([
    [1, 2],
    [2, c.sub],
    [3, secret.keyAgreement],
    [6, c.sub === 6 ? undefined : secret.encrypt(hashOf(c.pin === 'mistyped' ? '0000' : pin))],
    [9, c.permissions],
    [10, c.rpId ? site : undefined],
  ]);
}

/** As the case has it, whatever the case before left. */
function stateOf(c: TokenCase): DeviceStateChange {
  return {
    pin: c.pin === 'unset' ? undefined : { hash: hashOf(pin), codePoints: 4 },
    pinRetries: c.pin === 'blocked' ? 0 : 8,
    uvRetries: c.uv === 'blocked' ? 0 : 5,
    forcePinChange: c.pin === 'forced',
    fingerprints: hasSensor(c) && c.uv !== 'empty' ? [{ id: Uint8Array.of(1) }] : [],
  };
}

const keys = new Map<string, Promise<Prepared>>();

async function openKey(c: TokenCase): Promise<Prepared> {
  const key = createBareAuthenticator({ ports: { profile: profileOf(c) } });
  const prepared = { key, secret: await agree(key) };
  if (c.pin !== 'latched') return prepared;
  await key.keystore.updateState({ pin: { hash: hashOf(pin), codePoints: 4 } });
  for (let wrong = 0; wrong < 3; wrong++) {
    await key.send(
      6,
      request(prepared, { ...c, sub: 5, pin: 'mistyped', permissions: undefined, rpId: false }),
    );
    prepared.secret = await agree(key);
  }
  return prepared;
}

/** One key for all cases of its kind. */
function keyFor(c: TokenCase): Promise<Prepared> {
  const kind = JSON.stringify([
    c.noMcGa,
    c.features,
    c.byUv,
    c.uv === 'typed',
    hasSensor(c),
    c.pin === 'latched',
  ]);
  const made = keys.get(kind) ?? openKey(c);
  keys.set(kind, made);
  return made;
}

async function run(c: TokenCase): Promise<string> {
  const prepared = await keyFor(c);
  const { key } = prepared;
  await key.keystore.updateState(stateOf(c));
  key.user.otherwise(c.uv === 'fails' ? 'fail' : 'approve');
  const status = statusName((await key.send(6, request(prepared, c)))[0]!);
  if (c.pin === 'mistyped') {
    // A wrong PIN renews the key agreement, and is not to be followed by two more.
    key.authenticator.powerCycle();
    prepared.secret = await agree(key);
  }
  return status;
}

describe(`the matrix of ${tokenCases.length} requests for a token §6.5.5.7`, () => {
  it('reaches every status that such a request can end with', () => {
    expect([...new Set(tokenCases.map(expectToken))].toSorted()).toEqual([
      'INVALID_PARAMETER',
      'MISSING_PARAMETER',
      'NOT_ALLOWED',
      'OK',
      'PIN_AUTH_BLOCKED',
      'PIN_BLOCKED',
      'PIN_INVALID',
      'PIN_NOT_SET',
      'PIN_POLICY_VIOLATION',
      'UNAUTHORIZED_PERMISSION',
      'UV_BLOCKED',
      'UV_INVALID',
    ]);
  });

  it('agrees with the model', { timeout: 60_000 }, async () => {
    const found: string[] = [];
    for (const c of tokenCases) {
      const [seen, expected] = [await run(c), expectToken(c)];
      if (seen !== expected) found.push(`${JSON.stringify(c)}: ${seen} instead of ${expected}`);
    }
    expect(found).toEqual([]);
  });
});
