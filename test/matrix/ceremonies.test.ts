import { describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import { encodeGetAssertion, encodeMakeCredential } from '../../src/client/ctap-client.ts';
import { encapsulate, type SharedSecret } from '../../src/client/pin-protocol.ts';
import { decodeAssertion, decodeClientPin, decodeRegistration } from '../../src/client/responses.ts';
import { statusName } from '../../src/ctap/status.ts';
import type { Credential } from '../../src/ports/credential.ts';
import { createBareAuthenticator, type BareAuthenticator } from '../support/bare-authenticator.ts';
import { localProfile, localRandom } from '../support/local-key.ts';
import { hashOf } from '../support/pin-requests.ts';
import {
  assertion,
  clientDataHash,
  pin,
  provider,
  registration,
  resident,
  site,
  snapshot,
} from '../support/protocol.ts';
import {
  createCases,
  expectCreated,
  expectGot,
  getCases,
  type CeremonyResult,
  type CeremonyToken,
  type CreateCase,
  type GetCase,
} from './ceremony-model.ts';

/** One key pair for all credentials: what is computed with it is not what the matrix is about. */
const pair = provider.generateKeyPair(-7);
const crypto = { ...provider, generateKeyPair: () => pair };
const platform = { crypto: provider, random: localRandom() };
const another = 'another.example';

interface Prepared {
  readonly key: BareAuthenticator;
  readonly secret: SharedSecret;
  /** Credentials of `site`, and last one of another site; the cases choose among them. */
  readonly made: readonly Credential[];
}

type Kind = Pick<CreateCase, 'noMcGa' | 'room' | 'ep' | 'listed'>;

async function open({ ep, listed, noMcGa, room }: Kind): Promise<Prepared> {
  const key = createBareAuthenticator({
    ports: { crypto },
    profile: {
      pin: { ...localProfile.pin!, noMcGaPermissions: noMcGa },
      maxDiscoverableCredentials: room === 'free' ? 25 : 1,
      ...(ep !== 'incapable' && {
        authenticatorConfig: true,
        enterpriseAttestation: { rpIds: listed ? [site] : [another] },
      }),
    },
  });
  const count = room === 'free' ? 3 : 1;
  for (let id = 1; id <= count; id++) {
    expect((await key.send(1, encodeMakeCredential(resident(id))))[0]).toBe(0);
  }
  const elsewhere = registration({ rp: { id: another } });
  expect((await key.send(1, encodeMakeCredential(elsewhere)))[0]).toBe(0);
  const made = [...key.keystore.all()].reverse();
  await key.keystore.updateState({
    pin: { hash: hashOf(pin), codePoints: 4 },
    enterpriseAttestation: ep === 'on',
  });
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
  return { key, secret, made };
}

const keys = new Map<string, Promise<Prepared>>();

/** One key for all cases of its kind, with exactly these credentials on it. */
async function keyFor(
  kind: Kind,
  choose: (made: readonly Credential[]) => readonly Credential[],
): Promise<Prepared> {
  const name = JSON.stringify([kind.noMcGa, kind.room, kind.ep, kind.listed]);
  const opened = keys.get(name) ?? open(kind);
  keys.set(name, opened);
  const { key, made } = await opened;
  await key.keystore.remove([...key.keystore.all()].map(({ id }) => id));
  for (const credential of choose(made)) await key.keystore.add(credential);
  return opened;
}

const permissions: Readonly<Partial<Record<CeremonyToken, readonly [number, string]>>> = {
  mc: [0x01, site],
  ga: [0x02, site],
  'of another site': [0x03, another],
};

/** The two members that a token brings. */
async function authOf({ key, secret }: Prepared, token: CeremonyToken): Promise<object> {
  if (token === 'none') return {};
  const [bits, rpId] = permissions[token] ?? [];
  const request = cborMap(
    new Map<number, CborValue | undefined>([
      [1, 2],
      [2, bits === undefined ? 5 : 9],
      [3, secret.keyAgreement],
      [6, secret.encrypt(hashOf(pin))],
      [9, bits],
      [10, rpId],
    ]),
  );
  const issued = await key.send(6, request);
  expect(statusName(issued[0]!)).toBe('OK');
  const value = secret.decrypt(decodeClientPin(issued.subarray(1)).pinUvAuthToken!);
  return { pinUvAuthParam: provider.hmacSha256(value, clientDataHash), pinUvAuthProtocol: 2 };
}

async function create(c: CreateCase): Promise<CeremonyResult> {
  const prepared = await keyFor(c, (made) => [{ ...made[0]!, credProtect: c.protect }, made.at(-1)!]);
  const { key, made } = prepared;
  const named = c.exclude === 'of another site' ? made.at(-1)! : made[0]!;
  const type = c.exclude === 'hit of unknown type' ? 'password' : 'public-key';
  const request = registration({
    user: { id: Uint8Array.of(c.room === 'full, but it replaces' ? 1 : 9) },
    ...(c.rk && { options: { rk: true } }),
    ...(c.exclude !== 'absent' && { excludeList: [{ id: named.id, type }] }),
    ...(c.enterprise !== undefined && { enterpriseAttestation: c.enterprise }),
    ...(await authOf(prepared, c.token)),
  });
  key.user.otherwise(c.approves ? 'approve' : 'deny');
  const before = snapshot(key.keystore);
  const answer = await key.send(1, encodeMakeCredential(request));
  const status = statusName(answer[0]!);
  if (status !== 'OK')
    return snapshot(key.keystore) === before ? { status } : { status: `${status}, and changes` };
  const { epAtt, parsed } = decodeRegistration(answer.subarray(1));
  return { status, up: parsed.userPresent, uv: parsed.userVerified, epAtt: epAtt === true };
}

const plain: Kind = { noMcGa: false, room: 'free', ep: 'incapable', listed: false };

async function get(c: GetCase): Promise<CeremonyResult> {
  const prepared = await keyFor(plain, (made) =>
    c.accounts.map((credProtect, index) => ({ ...made[index]!, credProtect })),
  );
  const { key, made } = prepared;
  const type = c.list === 'all of unknown type' ? 'password' : 'public-key';
  const ids = c.list === 'unknown' ? [new Uint8Array(32)] : made.slice(0, 3).map(({ id }) => id);
  const request = assertion({
    options: { up: c.up },
    ...(c.list !== 'absent' && { allowList: c.list === 'empty' ? [] : ids.map((id) => ({ id, type })) }),
    ...(await authOf(prepared, c.token)),
  });
  key.user.otherwise(c.approves ? 'approve' : 'deny');
  const answer = await key.send(2, encodeGetAssertion(request));
  const status = statusName(answer[0]!);
  if (status !== 'OK') return { status };
  const { numberOfCredentials, parsed } = decodeAssertion(answer.subarray(1));
  return { status, up: parsed.userPresent, uv: parsed.userVerified, count: numberOfCredentials ?? 1 };
}

/** Differences between key and model, told as cases, so that one failure shows them all. */
async function differences<C>(
  cases: readonly C[],
  run: (c: C) => Promise<CeremonyResult>,
  model: (c: C) => CeremonyResult,
): Promise<string[]> {
  const found: string[] = [];
  for (const c of cases) {
    const [seen, expected] = [JSON.stringify(await run(c)), JSON.stringify(model(c))];
    if (seen !== expected) found.push(`${JSON.stringify(c)}: ${seen} instead of ${expected}`);
  }
  return found;
}

describe(`the matrix of ${createCases.length + getCases.length} ceremonies`, () => {
  it('reaches every kind of end', () => {
    const ends = (some: readonly CeremonyResult[]) =>
      [...new Set(some.map(({ status }) => status))].toSorted();
    expect(ends(createCases.map(expectCreated))).toEqual([
      'CREDENTIAL_EXCLUDED',
      'INVALID_OPTION',
      'INVALID_PARAMETER',
      'KEY_STORE_FULL',
      'OK',
      'OPERATION_DENIED',
      'PIN_AUTH_INVALID',
      'PUAT_REQUIRED',
    ]);
    expect(ends(getCases.map(expectGot))).toEqual([
      'NO_CREDENTIALS',
      'OK',
      'OPERATION_DENIED',
      'PIN_AUTH_INVALID',
    ]);
  });

  it(
    'of makeCredential agrees with the model, and what fails changes nothing',
    { timeout: 60_000 },
    async () => {
      expect(await differences(createCases, create, expectCreated)).toEqual([]);
    },
  );

  it('of getAssertion agrees with the model', { timeout: 60_000 }, async () => {
    expect(await differences(getCases, get, expectGot)).toEqual([]);
  });
});
