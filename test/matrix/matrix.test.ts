import { describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import { encodeGetAssertion, encodeMakeCredential } from '../../src/client/ctap-client.ts';
import { encapsulate } from '../../src/client/pin-protocol.ts';
import type { SharedSecret } from '../../src/client/pin-protocol.ts';
import { decodeAssertion, decodeClientPin, decodeRegistration } from '../../src/client/responses.ts';
import { statusName } from '../../src/ctap/status.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import type { BareAuthenticator } from '../support/bare-authenticator.ts';
import { localRandom } from '../support/local-key.ts';
import { hashOf } from '../support/pin-requests.ts';
import {
  assertion,
  clientDataHash,
  pin,
  provider,
  registration,
  resident,
  site,
} from '../support/protocol.ts';
import { cases, expectAssertion, expectCreation } from './model.ts';
import type { Case, Expected } from './model.ts';

type Command = 'create' | 'assert';

/** One key pair for all credentials: what is computed with it is not what the matrix is about. */
const pair = provider.generateKeyPair(-7);
const crypto = { ...provider, generateKeyPair: () => pair };

const platform = { crypto: provider, random: localRandom() };

/** A key of the case's kind with one credential, a PIN if the case has one, and a user who can be recognised or not. */
async function prepare(c: Case): Promise<BareAuthenticator> {
  const key = createBareAuthenticator({
    ports: { crypto },
    profile: {
      makeCredUvNotRqd: c.makeCredUvNotRqd,
      ...(c.alwaysUv !== 'unsupported' && { alwaysUv: false }),
      ...(c.builtInUv !== 'none' && {
        builtInUv: { modality: 'fingerprint', maxRetries: 25, attemptsPerOperation: 1 },
      }),
    },
  });
  const rk = resident(1, { options: { rk: true, ...(c.builtInUv !== 'none' && { uv: true }) } });
  expect((await key.send(1, encodeMakeCredential(rk)))[0]).toBe(0);
  await key.keystore.updateState({
    ...(c.pinSet && { pin: { hash: hashOf(pin), codePoints: 4 } }),
    ...(c.alwaysUv === 'on' && { alwaysUv: true }),
  });
  return key;
}

/** A key of the case's kind, and a secret that the platform agreed on with it. */
interface Prepared {
  readonly key: BareAuthenticator;
  readonly secret: SharedSecret;
}

const prepared = new Map<string, Promise<Prepared>>();

/** The key for a case, made once for all cases of its kind and brought back to where it was. */
async function keyFor(c: Case, command: Command): Promise<Prepared> {
  const kind = JSON.stringify([command, c.pinSet, c.builtInUv, c.alwaysUv, c.makeCredUvNotRqd]);
  const made = prepared.get(kind) ?? prepare(c).then(agree);
  prepared.set(kind, made);
  const { key } = await made;
  key.user.otherwise('approve');
  await key.keystore.updateState({ uvRetries: 25 });
  if (command === 'create') await key.keystore.remove([...key.keystore.all()].map(({ id }) => id));
  return made;
}

async function agree(key: BareAuthenticator): Promise<Prepared> {
  const request = cborMap([
    [1, 2],
    [2, 2],
  ]);
  const { keyAgreement } = decodeClientPin((await key.send(6, request)).subarray(1));
  return { key, secret: encapsulate(platform, 2, keyAgreement as CborMap) };
}

/** A token by PIN; without a PIN by built-in verification, which then recognises the user for once. */
async function fetchToken({ key, secret }: Prepared, c: Case): Promise<Uint8Array> {
  const request: readonly (readonly [number, CborValue | undefined])[] = [
    [1, 2],
    [2, c.pinSet ? 9 : 6],
    [3, secret.keyAgreement],
    [6, c.pinSet ? secret.encrypt(hashOf(pin)) : undefined],
    [9, 3],
    [10, site],
  ];
  const issued = await key.send(6, cborMap(request));
  expect(statusName(issued[0]!)).toBe('OK');
  return secret.decrypt(decodeClientPin(issued.subarray(1)).pinUvAuthToken!);
}

async function paramOf(made: Prepared, c: Case): Promise<object> {
  if (c.param === 'none') return {};
  const protected_ = c.pinSet || c.builtInUv !== 'none';
  const valid = c.param === 'valid' && protected_;
  const pinUvAuthParam = valid
    ? provider.hmacSha256(await fetchToken(made, c), clientDataHash)
    : new Uint8Array(c.param === 'empty' ? 0 : 32);
  return { pinUvAuthParam, pinUvAuthProtocol: 2 };
}

function optionsOf({ rk, up, uv }: Case): { options?: Record<string, boolean> } {
  const options = Object.entries({ rk, up, uv }).filter(([, value]) => value !== undefined);
  return options.length === 0 ? {} : { options: Object.fromEntries(options) as Record<string, boolean> };
}

function observe(
  answer: Uint8Array,
  decode: (bytes: Uint8Array) => { parsed: { userPresent: boolean; userVerified: boolean } },
): Expected {
  const status = statusName(answer[0]!);
  if (status !== 'OK') return { status };
  const { userPresent, userVerified } = decode(answer.subarray(1)).parsed;
  return { status, up: userPresent, uv: userVerified };
}

async function run(c: Case, command: Command): Promise<Expected> {
  const made = await keyFor(c, command);
  const { key } = made;
  const changes = { ...(await paramOf(made, c)), ...optionsOf(c) };
  if (c.builtInUv === 'fails') {
    key.user.otherwise(({ kind }) => (kind === 'verification' ? 'fail' : 'approve'));
  }
  return command === 'create'
    ? observe(await key.send(1, encodeMakeCredential(registration(changes))), decodeRegistration)
    : observe(await key.send(2, encodeGetAssertion(assertion(changes))), decodeAssertion);
}

/** Differences between key and model, told as cases, so that one failure shows them all. */
async function differences(command: Command, model: (c: Case) => Expected): Promise<string[]> {
  const found: string[] = [];
  for (const c of cases) {
    const [seen, expected] = [await run(c, command), model(c)];
    if (JSON.stringify(seen) !== JSON.stringify(expected)) {
      found.push(`${JSON.stringify(c)}: ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`);
    }
  }
  return found;
}

describe(`the matrix of ${cases.length} cases`, () => {
  it('is as large as it looks, and reaches every kind of end', () => {
    expect(cases).toHaveLength(2 * 3 * 3 * 2 * 3 * 4 * 3 * 3);
    const ends = new Set(
      cases.flatMap((c) => [expectCreation(c), expectAssertion(c)]).map((end) => JSON.stringify(end)),
    );
    expect(ends.size).toBe(10);
  });

  it('of makeCredential agrees with the model', { timeout: 60_000 }, async () => {
    expect(await differences('create', expectCreation)).toEqual([]);
  });

  it('of getAssertion agrees with the model', { timeout: 60_000 }, async () => {
    expect(await differences('assert', expectAssertion)).toEqual([]);
  });
});
