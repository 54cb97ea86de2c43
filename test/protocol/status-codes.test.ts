import { afterAll, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import { publicKeyDescriptors, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { ctapStatus } from '../../src/ctap/status.ts';
import { everyCapability } from '../support/capabilities.ts';
import { enrolFinger, openFingerprintKey, sensor } from '../support/fingerprints.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import {
  assertion,
  bit,
  fingerprintUv,
  idOf,
  openKey,
  outcome,
  pin,
  rawOutcome,
  registration,
  resident,
  tokenByPin,
} from '../support/protocol.ts';

/** One way to each status that this key sends. */
const scenarios: readonly (readonly [string, () => Promise<string>])[] = [
  ['OK', async () => outcome((await openKey()).client.getInfo())],
  ['INVALID_COMMAND', async () => rawOutcome((await openKey()).client, 0x3f)],
  [
    'INVALID_PARAMETER',
    async () => {
      const request = registration({ pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 9 });
      return outcome((await openKey()).client.makeCredential(request));
    },
  ],
  ['INVALID_LENGTH', async () => outcome((await openKey()).client.getAssertion(assertion({ rpId: '' })))],
  [
    'INVALID_SEQ',
    async () => {
      const { client } = await openKey(everyCapability);
      return outcome(client.largeBlobs.setFragment({ fragment: new Uint8Array(8), offset: 5 }));
    },
  ],
  ['CBOR_UNEXPECTED_TYPE', async () => rawOutcome((await openKey()).client, 1, [])],
  ['INVALID_CBOR', async () => rawOutcome((await openKey()).client, 1, Uint8Array.of(0xff))],
  ['MISSING_PARAMETER', async () => rawOutcome((await openKey()).client, 1)],
  [
    'FP_DATABASE_FULL',
    async () => {
      const { client, token } = await openFingerprintKey();
      for (let i = 0; i < sensor.maxTemplates; i++) await enrolFinger(client, token);
      return outcome(client.bioEnrollment.enrollBegin(token));
    },
  ],
  [
    'LARGE_BLOB_STORAGE_FULL',
    async () => {
      const { client } = await openKey(everyCapability);
      const write = { fragment: new Uint8Array(17), offset: 0, length: 1_000_000 };
      return outcome(client.largeBlobs.setFragment(write));
    },
  ],
  [
    'CREDENTIAL_EXCLUDED',
    async () => {
      const { client } = await openKey();
      const excludeList = publicKeyDescriptors(idOf(await client.makeCredential(registration())));
      return outcome(client.makeCredential(registration({ excludeList })));
    },
  ],
  [
    'UNSUPPORTED_ALGORITHM',
    async () => {
      const request = registration({ pubKeyCredParams: publicKeyParameters(-999) });
      return outcome((await openKey()).client.makeCredential(request));
    },
  ],
  [
    'OPERATION_DENIED',
    async () => {
      const { client, key } = await openKey();
      key.user.next('deny');
      return outcome(client.selection());
    },
  ],
  [
    'KEY_STORE_FULL',
    async () => {
      const { client } = await openKey({ maxDiscoverableCredentials: 1 });
      await client.makeCredential(resident(1));
      return outcome(client.makeCredential(resident(2)));
    },
  ],
  [
    'UNSUPPORTED_OPTION',
    async () => outcome((await openKey()).client.getAssertion(assertion({ options: { rk: true } }))),
  ],
  [
    'INVALID_OPTION',
    async () => outcome((await openKey()).client.makeCredential(registration({ options: { up: false } }))),
  ],
  [
    'KEEPALIVE_CANCEL',
    async () => {
      const { client, key } = await openKey();
      key.user.next('ignore');
      const controller = new AbortController();
      const pending = outcome(client.selection({ signal: controller.signal }));
      await key.clock.advanceAsync(100);
      controller.abort();
      return pending;
    },
  ],
  ['NO_CREDENTIALS', async () => outcome((await openKey()).client.getAssertion(assertion()))],
  [
    'USER_ACTION_TIMEOUT',
    async () => {
      const { client, key } = await openKey();
      key.user.next('ignore');
      const pending = outcome(client.selection());
      await key.clock.advanceAsync(30_000);
      return pending;
    },
  ],
  ['NOT_ALLOWED', async () => outcome((await openKey()).client.getNextAssertion())],
  [
    'PIN_INVALID',
    async () => {
      const { client } = await openKey();
      await client.clientPin.setPin(pin);
      return outcome(client.clientPin.getPinToken('0000'));
    },
  ],
  [
    'PIN_BLOCKED',
    async () => {
      const { client, key } = await openKey();
      await client.clientPin.setPin(pin);
      await key.keystore.updateState({ pinRetries: 0 });
      return outcome(client.clientPin.getPinToken(pin));
    },
  ],
  [
    'PIN_AUTH_INVALID',
    async () => {
      const { client } = await openKey();
      await client.clientPin.setPin(pin);
      const forged = registration({ pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 2 });
      return outcome(client.makeCredential(forged));
    },
  ],
  [
    'PIN_AUTH_BLOCKED',
    async () => {
      const { client } = await openKey();
      await client.clientPin.setPin(pin);
      for (let i = 0; i < 2; i++) await outcome(client.clientPin.getPinToken('0000'));
      return outcome(client.clientPin.getPinToken('0000'));
    },
  ],
  ['PIN_NOT_SET', async () => outcome((await openKey()).client.clientPin.getPinToken(pin))],
  [
    'PUAT_REQUIRED',
    async () => {
      const { client } = await openKey();
      await client.clientPin.setPin(pin);
      return outcome(client.makeCredential(resident(1)));
    },
  ],
  ['PIN_POLICY_VIOLATION', async () => outcome((await openKey()).client.clientPin.setPin('123'))],
  [
    'REQUEST_TOO_LARGE',
    async () => rawOutcome((await openKey({ maxMsgSize: 1024 })).client, 1, new Uint8Array(1024)),
  ],
  [
    'UV_BLOCKED',
    async () => {
      const { client, key } = await openKey({ builtInUv: fingerprintUv });
      await key.keystore.updateState({ uvRetries: 0 });
      return outcome(client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.cm }));
    },
  ],
  [
    'INTEGRITY_FAILURE',
    async () => {
      const { client } = await openKey(everyCapability);
      const write = { fragment: new Uint8Array(17), offset: 0, length: 17 };
      return outcome(client.largeBlobs.setFragment(write));
    },
  ],
  ['INVALID_SUBCOMMAND', async () => rawOutcome((await openKey()).client, 6, cborMap([[2, 8]]))],
  [
    'UV_INVALID',
    async () => {
      const { client, key } = await openKey({ builtInUv: fingerprintUv });
      key.user.next('fail');
      return outcome(client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.cm }));
    },
  ],
  [
    'UNAUTHORIZED_PERMISSION',
    async () => {
      const { client } = await openKey();
      await client.clientPin.setPin(pin);
      return outcome(tokenByPin(client, bit.acfg));
    },
  ],
  [
    'OTHER',
    async () => {
      const key = createBareAuthenticator();
      key.user.ask = () => Promise.reject(new Error('a defect of the test'));
      const [status] = await key.send(0x0b);
      expect(key.events).toContainEqual(expect.objectContaining({ type: 'defect' }));
      return status === 0x7f ? 'OTHER' : 'another';
    },
  ],
];

/** The codes of CTAP 2.3 §8.2 that this key never sends, and why. */
const neverSent: Readonly<Record<string, string>> = {
  TIMEOUT: 'the transport says so in a CTAPHID ERROR',
  CHANNEL_BUSY: 'the transport says so in a CTAPHID ERROR',
  LOCK_REQUIRED: 'not in use',
  INVALID_CHANNEL: 'the transport says so in a CTAPHID ERROR',
  LIMIT_EXCEEDED: 'optional: lists and ids of any length that fits the message are read',
  PROCESSING: 'USB has keep-alives instead',
  INVALID_CREDENTIAL: 'NO_CREDENTIALS says the same, and clients know it',
  USER_ACTION_PENDING: 'USB has keep-alives instead',
  OPERATION_PENDING: 'USB has keep-alives instead',
  NO_OPERATIONS: 'USB has keep-alives instead',
  ACTION_TIMEOUT: 'USER_ACTION_TIMEOUT is more exact',
  UP_REQUIRED: 'for transports without contact',
};

const seen = new Set<string>();

describe('status codes §8.2', () => {
  it.each(scenarios)('%s', async (status, scenario) => {
    expect(await scenario()).toBe(status);
    seen.add(status);
  });

  it('are all in this table or explained', () => {
    const told = [...scenarios.map(([status]) => status), ...Object.keys(neverSent)];
    expect(told.sort()).toEqual(Object.keys(ctapStatus).sort());
  });
});

afterAll(() => expect(seen.size).toBe(scenarios.length));
