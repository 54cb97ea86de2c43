import { beforeEach, describe, expect, it } from 'vitest';
import { localProfile } from '../support/local-key.ts';
import { tokenRequest, without } from '../support/pin-requests.ts';
import {
  allow,
  assertion,
  bit,
  fingerprintUv,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  site,
  snapshot,
  tokenByPin,
  withoutPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey({ builtInUv: fingerprintUv });
});

const make = (options: Record<string, boolean> = { uv: true }) =>
  outcome(opened.client.makeCredential(registration({ options })));
const uvRetries = () => opened.client.clientPin.getUvRetries();
const token = (permissions: number = bit.mc) =>
  outcome(opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions, rpId: site }));
const kinds = () => opened.key.user.questions.map(({ kind }) => kind);

describe('uv: true', () => {
  it('asks the user once, for verification that is presence too', async () => {
    const made = await opened.client.makeCredential(registration({ options: { uv: true } }));
    expect(made.parsed).toMatchObject({ userPresent: true, userVerified: true });
    expect(opened.key.user.questions).toMatchObject([
      {
        kind: 'verification',
        purpose: 'register',
        site,
        verification: { modality: 'fingerprint', retriesLeft: 5 },
      },
    ]);
    const used = await opened.client.getAssertion(assertion({ ...allow(made), options: { uv: true } }));
    expect(used.parsed).toMatchObject({ userPresent: true, userVerified: true });
    expect(kinds()).toEqual(['verification', 'verification']);
  });

  it('tries again inside, takes off a retry each time, and gives all back', async () => {
    opened.key.user.next('fail', 'fail');
    const left: number[] = [];
    const ask = opened.key.user.ask.bind(opened.key.user);
    opened.key.user.ask = (question, signal) => {
      left.push(opened.key.keystore.state().uvRetries);
      return ask(question, signal);
    };
    expect(await make()).toBe('OK');
    expect(left).toEqual([5, 4, 3]);
    expect(await uvRetries()).toBe(5);
    expect(opened.key.user.questions.map((question) => question.verification?.retriesLeft)).toEqual([
      5, 4, 3,
    ]);
  });

  it('falls back to the PIN after too many tries, whether one is set or only could be', async () => {
    opened.key.user.otherwise('fail');
    expect(await make()).toBe('PUAT_REQUIRED');
    expect(await uvRetries()).toBe(2);
    await opened.client.clientPin.setPin(pin);
    expect(await uvRetries()).toBe(5);
    expect(await make()).toBe('PUAT_REQUIRED');
    expect(await make()).toBe('PUAT_REQUIRED');
    expect(await uvRetries()).toBe(0);
    const asked = kinds().length;
    expect(await make()).toBe('PUAT_REQUIRED');
    expect(kinds()).toHaveLength(asked);
  });

  it('is denied, then blocked, where no PIN can help', async () => {
    opened = await openKey({ ...withoutPin, builtInUv: fingerprintUv });
    opened.key.user.otherwise('fail');
    expect([await make(), await make(), await make()]).toEqual([
      'OPERATION_DENIED',
      'PIN_BLOCKED',
      'PIN_BLOCKED',
    ]);
  });

  it('is denied where the PIN gives no token for it', async () => {
    opened = await openKey({
      builtInUv: fingerprintUv,
      pin: { ...localProfile.pin!, noMcGaPermissions: true },
    });
    await opened.client.clientPin.setPin(pin);
    opened.key.user.otherwise('fail');
    expect(await make()).toBe('OPERATION_DENIED');
  });

  it.each([
    ['deny', 'OPERATION_DENIED'],
    ['ignore', 'USER_ACTION_TIMEOUT'],
  ] as const)('ends when the users would %s, at no cost', async (reaction, status) => {
    const before = snapshot(opened.key.keystore);
    opened.key.user.next(reaction);
    const pending = make();
    await opened.key.clock.advanceAsync(reaction === 'ignore' ? 30_000 : 0);
    expect(await pending).toBe(status);
    expect(snapshot(opened.key.keystore)).toBe(before);
  });

  it('is blocked with the PIN', async () => {
    await opened.client.clientPin.setPin(pin);
    await opened.key.keystore.updateState({ pinRetries: 0 });
    expect(await make()).toBe('PUAT_REQUIRED');
    expect(kinds()).toEqual([]);
    expect(await uvRetries()).toBe(0);
    expect(await token()).toBe('UV_BLOCKED');
  });

  it('comes back with a right PIN', async () => {
    await opened.client.clientPin.setPin(pin);
    await opened.key.keystore.updateState({ uvRetries: 0 });
    expect(await token()).toBe('UV_BLOCKED');
    await tokenByPin(opened.client, bit.cm);
    expect(await token()).toBe('OK');
  });

  it('is counted until a PIN is entered', async () => {
    const count = async () => (await opened.client.getInfo()).uvCountSinceLastPinEntry;
    opened.key.user.next('fail');
    await make();
    expect(await count()).toBe(2);
    await opened.client.clientPin.setPin(pin);
    await tokenByPin(opened.client, bit.cm);
    expect(await count()).toBe(0);
  });
});

describe('alwaysUv with built-in verification', () => {
  it('runs it unasked', async () => {
    opened = await openKey({ builtInUv: fingerprintUv, alwaysUv: true, makeCredUvNotRqd: false });
    const made = await opened.client.makeCredential(registration());
    expect(made.parsed.userVerified).toBe(true);
    const used = await opened.client.getAssertion(assertion(allow(made)));
    expect(used.parsed.userVerified).toBe(true);
    expect(kinds()).toEqual(['verification', 'verification']);
  });
});

describe('getPinUvAuthTokenUsingUvWithPermissions §6.5.5.7.3', () => {
  it('gives a token that stands for a touch too', async () => {
    const pinUvAuthToken = await opened.client.clientPin.getPinUvAuthTokenUsingUv({
      permissions: bit.mc | bit.ga,
      rpId: site,
    });
    expect(opened.key.user.questions).toMatchObject([{ kind: 'verification', purpose: 'pin-token', site }]);
    const made = await opened.client.makeCredential(registration({ pinUvAuthToken }));
    expect(made.parsed).toMatchObject({ userPresent: true, userVerified: true });
    expect(kinds()).toEqual(['verification']);
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken })))).toBe(
      'PIN_AUTH_INVALID',
    );
  });

  it('stands for the touch for 30 seconds', async () => {
    const made = await opened.client.makeCredential(registration());
    const pinUvAuthToken = await opened.client.clientPin.getPinUvAuthTokenUsingUv({
      permissions: bit.ga,
      rpId: site,
    });
    const silent = assertion({ ...allow(made), pinUvAuthToken, options: { up: false } });
    await opened.client.getAssertion(silent);
    opened.key.user.questions.length = 0;
    await opened.key.clock.advanceAsync(30_001);
    await opened.client.getAssertion(assertion({ ...allow(made), pinUvAuthToken }));
    expect(kinds()).toEqual(['presence']);
  });

  it('tells the platform of each failure, which asks again as often as it prefers', async () => {
    expect((await opened.client.getInfo()).preferredPlatformUvAttempts).toBe(3);
    opened.key.user.otherwise('fail');
    expect([await token(), await token(), await token(), await token()]).toEqual(Array(4).fill('UV_INVALID'));
    expect(kinds()).toHaveLength(4);
    expect(await uvRetries()).toBe(1);
    expect(await token()).toBe('UV_BLOCKED');
    expect(await token()).toBe('UV_BLOCKED');
    expect(kinds()).toHaveLength(5);
  });

  it.each([
    ['deny', 'OPERATION_DENIED'],
    ['ignore', 'USER_ACTION_TIMEOUT'],
  ] as const)('ends when the user would %s, at no cost', async (reaction, status) => {
    opened.key.user.next(reaction);
    const pending = token();
    await opened.key.clock.advanceAsync(reaction === 'ignore' ? 30_000 : 0);
    expect(await pending).toBe(status);
    expect(await uvRetries()).toBe(5);
  });

  it('checks: missing, protocol, no permission, unavailable, blocked', async () => {
    const send = (request: object) => outcome(opened.client.clientPin.request(request));
    const request = await tokenRequest(opened.client, 6);
    for (const name of ['pinUvAuthProtocol', 'keyAgreement', 'permissions', 'rpId'] as const) {
      const bent = name === 'pinUvAuthProtocol' ? request : { ...request, pinUvAuthProtocol: 5 };
      expect(await send(without(bent, name))).toBe('MISSING_PARAMETER');
    }
    expect(await send({ ...request, pinUvAuthProtocol: 5, permissions: bit.be })).toBe('INVALID_PARAMETER');
    expect(await send({ ...request, permissions: 0 })).toBe('INVALID_PARAMETER');
    await opened.key.keystore.updateState({ uvRetries: 0 });
    expect(await send({ ...request, permissions: bit.be })).toBe('UNAUTHORIZED_PERMISSION');
    expect(await send(request)).toBe('UV_BLOCKED');
    expect(kinds()).toEqual([]);
  });

  it('refuses a key that is none before it bothers the user', async () => {
    const request = await tokenRequest(opened.client, 6);
    const bent = { ...request, keyAgreement: new Map() };
    expect(await outcome(opened.client.clientPin.request(bent))).toBe('INVALID_PARAMETER');
    expect(kinds()).toEqual([]);
  });

  it('is not allowed on a key without it', async () => {
    opened = await openKey();
    expect(await token()).toBe('NOT_ALLOWED');
    expect(await outcome(uvRetries())).toBe('INVALID_SUBCOMMAND');
  });

  it('gives the persistent token too', async () => {
    const persistent = await opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.pcmr });
    expect(persistent.bytes).toEqual(opened.key.keystore.state().persistentPinUvAuthToken);
    expect(await outcome(opened.client.credentialManagement.request(1, persistent))).toBe('OK');
  });
});

describe('a forced change of the PIN §6.5.5.7.3 step 11', () => {
  const forced = async (modality: 'pin' | 'fingerprint') => {
    opened = await openKey({ builtInUv: { ...fingerprintUv, modality } });
    await opened.client.clientPin.setPin(pin);
    await opened.key.keystore.updateState({ forcePinChange: true, uvRetries: 2 });
  };

  it.each([bit.mc, bit.cm, bit.pcmr])(
    'gives a PIN typed on the key no token with %i',
    async (permissions) => {
      await forced('pin');
      expect(await token(permissions)).toBe('PIN_POLICY_VIOLATION');
      expect(kinds()).toEqual(['verification']);
      expect(await uvRetries()).toBe(5);
      await opened.client.clientPin.changePin(pin, '5678');
      expect(await token(permissions)).toBe('OK');
    },
  );

  it('comes to light only after a right PIN', async () => {
    await forced('pin');
    opened.key.user.next('fail');
    expect(await token()).toBe('UV_INVALID');
    expect(await uvRetries()).toBe(1);
  });

  it('spares the token that there is', async () => {
    await forced('pin');
    await opened.key.keystore.updateState({ forcePinChange: false });
    const held = await tokenByPin(opened.client, bit.cm);
    await opened.key.keystore.updateState({ forcePinChange: true });
    expect(await token()).toBe('PIN_POLICY_VIOLATION');
    expect(await outcome(opened.client.credentialManagement.request(1, held))).toBe('OK');
  });

  it('does not concern a fingerprint', async () => {
    await forced('fingerprint');
    expect(await token()).toBe('OK');
  });
});

describe('what getInfo says', () => {
  it('of verification by fingerprint or by a PIN on the key', async () => {
    const info = await opened.client.getInfo();
    expect(info).toMatchObject({ uvModality: 0x02, preferredPlatformUvAttempts: 3 });
    expect(info.options?.get('uv')).toBe(true);
    const typed = await openKey({ builtInUv: { ...fingerprintUv, modality: 'pin' } });
    expect((await typed.client.getInfo()).uvModality).toBe(0x04);
  });

  it('nothing, on a key with a PIN alone', async () => {
    opened = await openKey();
    const info = await opened.client.getInfo();
    expect(info.options?.has('uv')).toBe(false);
    expect(info).not.toHaveProperty('uvModality');
    expect(info).not.toHaveProperty('preferredPlatformUvAttempts');
  });
});

describe('uv on a discoverable credential', () => {
  it('makes it without a PIN', async () => {
    const rk = resident(1, { options: { rk: true, uv: true } });
    expect(await outcome(opened.client.makeCredential(rk))).toBe('OK');
  });
});
