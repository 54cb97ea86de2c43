import { createDecipheriv, hkdfSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CtapClient } from '../../src/client/ctap-client.ts';
import { publicKeyDescriptors } from '../../src/client/ctap-client.ts';
import { createPinUvAuthToken } from '../../src/client/pin-protocol.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import { localProfile } from '../support/local-key.ts';
import { tokenRequest, without } from '../support/pin-requests.ts';
import {
  allow,
  assertion,
  bit,
  clientDataHash,
  fingerprintUv,
  idOf,
  openKey,
  outcome,
  pin,
  provider,
  registration,
  resident,
  site,
  siteHash,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
let client: CtapClient;
beforeEach(async () => {
  opened = await openKey();
  client = opened.client;
  await client.clientPin.setPin(pin);
});

const make = (pinUvAuthToken: PinUvAuthToken, rpId = site) =>
  outcome(client.makeCredential(registration({ pinUvAuthToken, rp: { id: rpId } })));
const get = (pinUvAuthToken: PinUvAuthToken, changes: Parameters<typeof assertion>[0] = {}) =>
  outcome(client.getAssertion(assertion({ pinUvAuthToken, ...changes })));
const metadata = (token: PinUvAuthToken) => outcome(client.credentialManagement.request(1, token));

async function setUpAccount() {
  const token = await tokenByPin(client, bit.mc);
  return client.makeCredential(resident(1, { pinUvAuthToken: token }));
}

describe('permissions §6.5.5.7', () => {
  it.each([
    [bit.mc, 'OK'],
    [bit.ga, 'OK'],
    [bit.mc | bit.ga, 'OK'],
    [bit.cm, 'OK'],
    [bit.mc | bit.ga | bit.cm, 'OK'],
    [bit.be, 'UNAUTHORIZED_PERMISSION'],
    [bit.lbw, 'UNAUTHORIZED_PERMISSION'],
    [bit.acfg, 'UNAUTHORIZED_PERMISSION'],
    [bit.mc | bit.lbw, 'UNAUTHORIZED_PERMISSION'],
    [bit.pcmr, 'OK'],
    [bit.pcmr | bit.cm, 'UNAUTHORIZED_PERMISSION'],
    [bit.pcmr | bit.ga, 'UNAUTHORIZED_PERMISSION'],
    [bit.mc | 0x80, 'OK'],
    [bit.mc | 0x4000_0000, 'OK'],
    [0, 'INVALID_PARAMETER'],
  ])('asking for %i gives %s', async (permissions, expected) => {
    expect(await outcome(tokenByPin(client, permissions))).toBe(expected);
  });

  it('that the key has not got are not given', async () => {
    ({ client } = opened = await openKey({
      credentialManagement: false,
      perCredMgmtRo: false,
      extensions: ['hmac-secret'],
      versions: ['FIDO_2_0'],
    }));
    await client.clientPin.setPin(pin);
    expect(await outcome(tokenByPin(client, bit.cm))).toBe('UNAUTHORIZED_PERMISSION');
    expect(await outcome(tokenByPin(client, bit.pcmr))).toBe('UNAUTHORIZED_PERMISSION');
  });

  it('mc and ga never come from a PIN under noMcGaPermissionsWithClientPin', async () => {
    ({ client } = opened = await openKey({
      builtInUv: fingerprintUv,
      pin: { ...localProfile.pin!, noMcGaPermissions: true },
    }));
    await client.clientPin.setPin(pin);
    expect((await client.getInfo()).options?.get('noMcGaPermissionsWithClientPin')).toBe(true);
    expect(await outcome(tokenByPin(client, bit.mc))).toBe('UNAUTHORIZED_PERMISSION');
    expect(await outcome(tokenByPin(client, bit.ga | bit.cm))).toBe('UNAUTHORIZED_PERMISSION');
    expect(await outcome(tokenByPin(client, bit.cm))).toBe('OK');
    expect(await make(await client.clientPin.getPinToken(pin))).toBe('PIN_AUTH_INVALID');
    const byUv = await client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.mc, rpId: site });
    expect(await make(byUv)).toBe('OK');
  });

  it('are needed for the command at hand', async () => {
    expect(await make(await tokenByPin(client, bit.ga))).toBe('PIN_AUTH_INVALID');
    await setUpAccount();
    expect(await get(await tokenByPin(client, bit.mc))).toBe('PIN_AUTH_INVALID');
    expect(await metadata(await tokenByPin(client, bit.mc | bit.ga))).toBe('PIN_AUTH_INVALID');
    expect(await metadata(await client.clientPin.getPinToken(pin))).toBe('PIN_AUTH_INVALID');
    expect(await make(await tokenByPin(client, bit.cm))).toBe('PIN_AUTH_INVALID');
  });
});

describe('getPinUvAuthTokenUsingPinWithPermissions §6.5.5.7.2: the order of checks', () => {
  const send = (request: object) => outcome(client.clientPin.request(request));

  it('what is missing comes first', async () => {
    const request = await tokenRequest(client, 9);
    for (const name of ['pinUvAuthProtocol', 'keyAgreement', 'pinHashEnc', 'permissions', 'rpId'] as const) {
      const bent = name === 'pinUvAuthProtocol' ? request : { ...request, pinUvAuthProtocol: 7 };
      expect(await send(without(bent, name)), name).toBe('MISSING_PARAMETER');
    }
    expect(await send({ ...without(request, 'rpId'), permissions: bit.mc | bit.be })).toBe(
      'MISSING_PARAMETER',
    );
    expect(await send({ ...without(request, 'rpId'), permissions: bit.cm })).toBe('OK');
  });

  it('then protocol, permissions, the PIN that is not set, blocked, latched, the key', async () => {
    const fresh = await openKey();
    const ask = (request: object) => outcome(fresh.client.clientPin.request(request));
    const request = { ...(await tokenRequest(fresh.client, 9)), keyAgreement: new Map() };
    expect(await ask({ ...request, pinUvAuthProtocol: 3, permissions: bit.be })).toBe('INVALID_PARAMETER');
    expect(await ask({ ...request, permissions: bit.be })).toBe('UNAUTHORIZED_PERMISSION');
    expect(await ask(request)).toBe('PIN_NOT_SET');
    await fresh.client.clientPin.setPin(pin);
    expect(await ask(request)).toBe('INVALID_PARAMETER');
    for (let i = 0; i < 3; i++) await outcome(fresh.client.clientPin.getPinToken('0000'));
    expect(await ask(request)).toBe('PIN_AUTH_BLOCKED');
    await fresh.key.keystore.updateState({ pinRetries: 0 });
    expect(await ask(request)).toBe('PIN_BLOCKED');
  });

  it('of getPinToken: no permissions, no RP ID, also without a PIN', async () => {
    const fresh = await openKey();
    const ask = (request: object) => outcome(fresh.client.clientPin.request(request));
    const request = await tokenRequest(fresh.client, 5);
    expect(await ask({ ...request, permissions: 1 })).toBe('INVALID_PARAMETER');
    expect(await ask({ ...request, rpId: site })).toBe('INVALID_PARAMETER');
    expect(await ask({ ...request, rpId: site, pinUvAuthProtocol: 8 })).toBe('INVALID_PARAMETER');
    expect(await ask(without({ ...request, rpId: site }, 'pinHashEnc'))).toBe('MISSING_PARAMETER');
    expect(await ask(request)).toBe('PIN_NOT_SET');
  });
});

describe('the RP ID of a token', () => {
  it('limits mc and ga', async () => {
    expect(await make(await tokenByPin(client, bit.mc, 'example.org'))).toBe('PIN_AUTH_INVALID');
    await setUpAccount();
    expect(await get(await tokenByPin(client, bit.ga, 'example.org'))).toBe('PIN_AUTH_INVALID');
    expect(await get(await tokenByPin(client, bit.ga))).toBe('OK');
  });

  it('of a legacy token is that of its first use', async () => {
    await setUpAccount();
    const token = await client.clientPin.getPinToken(pin);
    expect(await get(token, { options: { up: false } })).toBe('OK');
    expect(await make(token, 'example.org')).toBe('PIN_AUTH_INVALID');
    expect(await make(token)).toBe('OK');
  });
});

describe.each([1, 2] as const)('the life of a token §6.5.2.1 under protocol %i', (protocol) => {
  const issue = (permissions = bit.mc | bit.ga) => tokenByPin(client, permissions, site, protocol);

  it('sets the UV flag', async () => {
    const made = await client.makeCredential(registration({ pinUvAuthToken: await issue() }));
    expect(made.parsed).toMatchObject({ userPresent: true, userVerified: true });
  });

  it('ends after 30 seconds without any use', async () => {
    const token = await issue();
    await opened.key.clock.advanceAsync(30_000);
    expect(await make(token)).toBe('OK');
    const late = await issue();
    await opened.key.clock.advanceAsync(30_001);
    expect(await make(late)).toBe('PIN_AUTH_INVALID');
  });

  it('ends after 600 seconds in any case', async () => {
    const token = await issue(bit.cm);
    expect(await metadata(token)).toBe('OK');
    await opened.key.clock.advanceAsync(600_000);
    expect(await metadata(token)).toBe('OK');
    await opened.key.clock.advanceAsync(1);
    expect(await metadata(token)).toBe('PIN_AUTH_INVALID');
  });

  it('is not prolonged by a param that is wrong', async () => {
    const token = await issue(bit.cm);
    await opened.key.clock.advanceAsync(20_000);
    await metadata(createPinUvAuthToken(provider, protocol, new Uint8Array(32)));
    await opened.key.clock.advanceAsync(10_001);
    expect(await metadata(token)).toBe('PIN_AUTH_INVALID');
  });

  it('is spent by one touch, whether mc or ga', async () => {
    const token = await issue();
    expect(await make(token)).toBe('OK');
    expect(await make(token)).toBe('PIN_AUTH_INVALID');
    expect(await get(token, { rpId: site })).toBe('PIN_AUTH_INVALID');
    const second = await issue();
    await client.makeCredential(resident(1, { pinUvAuthToken: second }));
    const third = await issue();
    expect(await get(third)).toBe('OK');
    expect(await get(third)).toBe('PIN_AUTH_INVALID');
    expect(await make(third)).toBe('PIN_AUTH_INVALID');
  });

  it('loses every permission with the touch, that to manage credentials too', async () => {
    await setUpAccount();
    const token = await issue(bit.mc | bit.cm);
    const list = () => outcome(client.credentialManagement.request(4, token, cborMap([[1, siteHash]])));
    expect(await list()).toBe('OK');
    expect(await make(token)).toBe('OK');
    expect(await list()).toBe('PIN_AUTH_INVALID');
  });

  it('is spent by a touch that needed no token', async () => {
    const token = await issue();
    expect(await outcome(client.makeCredential(registration()))).toBe('OK');
    expect(await make(token)).toBe('PIN_AUTH_INVALID');
  });

  it('is not spent by silence, nor by a user who says no', async () => {
    const made = await setUpAccount();
    const token = await issue();
    for (let i = 0; i < 3; i++)
      expect(await get(token, { ...allow(made), options: { up: false } })).toBe('OK');
    expect(await get(token, { ...allow(made), rpId: site, options: { rk: true } })).toBe(
      'UNSUPPORTED_OPTION',
    );
    opened.key.user.next('deny');
    expect(await make(token)).toBe('OPERATION_DENIED');
    expect(await get(token, allow(made))).toBe('OK');
  });

  it('is not spent when nothing is found', async () => {
    const token = await issue(bit.ga);
    expect(await get(token, { allowList: publicKeyDescriptors(new Uint8Array(32)) })).toBe('NO_CREDENTIALS');
    await outcome(client.makeCredential(registration({ options: { up: false } })));
    expect(await get(token, { options: { up: false } })).toBe('NO_CREDENTIALS');
  });

  it('is not spent by a request that fails after the touch', async () => {
    const made = await setUpAccount();
    const token = await issue();
    const asked = () => opened.key.user.questions.length;
    const before = asked();
    const bad = registration({ pinUvAuthToken: token, extensions: { credProtect: 9 } });
    expect(await outcome(client.makeCredential(bad))).toBe('INVALID_PARAMETER');
    expect(await get(token, { ...allow(made), extensions: { 'hmac-secret': true } })).toBe(
      'CBOR_UNEXPECTED_TYPE',
    );
    expect(asked()).toBe(before + 2);
    expect(await make(token)).toBe('OK');
  });

  it('is not spent by a full store', async () => {
    opened = await openKey({ maxDiscoverableCredentials: 1 });
    client = opened.client;
    await client.clientPin.setPin(pin);
    await outcome(client.makeCredential(resident(1, { pinUvAuthToken: await issue() })));
    const token = await issue();
    const second = resident(2, { pinUvAuthToken: token });
    expect(await outcome(client.makeCredential(second))).toBe('KEY_STORE_FULL');
    expect(await make(token)).toBe('OK');
  });

  it('keeps cm whatever else happens', async () => {
    const token = await issue(bit.cm);
    for (let i = 0; i < 3; i++) expect(await metadata(token)).toBe('OK');
  });

  it('ends with the next token, of either protocol', async () => {
    const token = await issue();
    await tokenByPin(client, bit.cm, site, protocol === 1 ? 2 : 1);
    expect(await make(token)).toBe('PIN_AUTH_INVALID');
  });

  it('does not end with a wrong PIN, nor with a request that is refused', async () => {
    const token = await issue();
    await outcome(client.clientPin.getPinToken('0000', protocol));
    await outcome(tokenByPin(client, bit.be));
    expect(await make(token)).toBe('OK');
  });

  it('ends with reset and with a power cycle', async () => {
    const token = await issue();
    opened.key.powerCycle();
    client = await opened.key.connect();
    expect(await make(token)).toBe('PIN_AUTH_INVALID');
  });

  it('is worth nothing under the other protocol', async () => {
    const token = await issue();
    const other = createPinUvAuthToken(provider, protocol === 1 ? 2 : 1, token.bytes);
    expect(await make(other)).toBe('PIN_AUTH_INVALID');
  });

  it('covers the clientDataHash and nothing else', async () => {
    const token = await issue();
    const param = token.authenticate(new Uint8Array(32));
    const request = registration({ pinUvAuthParam: param, pinUvAuthProtocol: protocol });
    expect(await outcome(client.makeCredential(request))).toBe('PIN_AUTH_INVALID');
    const whole = token.authenticate(clientDataHash);
    for (const bent of [whole.subarray(0, 8), new Uint8Array([...whole, 0])]) {
      const changed = registration({ pinUvAuthParam: bent, pinUvAuthProtocol: protocol });
      expect(await outcome(client.makeCredential(changed))).toBe('PIN_AUTH_INVALID');
    }
    expect(await make(token)).toBe('OK');
  });
});

describe('a param on a key that nothing protects', () => {
  it('is ignored, and the UV flag stays clear', async () => {
    const fresh = await openKey();
    const changes = { pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 2 };
    const made = await fresh.client.makeCredential(registration(changes));
    expect(made.parsed.userVerified).toBe(false);
    const used = await fresh.client.getAssertion(assertion({ ...allow(made), ...changes }));
    expect(used.parsed.userVerified).toBe(false);
    expect(idOf(made)).toHaveLength(32);
  });
});

describe('the persistent token §6.5.2.2', () => {
  /** Plaintext of encIdentifier and encCredStoreState, by OpenSSL and the digest. */
  function open(token: Uint8Array, info: string, sealed: Uint8Array): string {
    const key = new Uint8Array(hkdfSync('sha256', token, new Uint8Array(32), info, 16));
    const decipher = createDecipheriv('aes-128-cbc', key, sealed.subarray(0, 16)).setAutoPadding(false);
    return Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]).toString('hex');
  }

  it('is the same for every request and protocol, and leaves the volatile one alone', async () => {
    const volatile = await tokenByPin(client, bit.cm);
    const one = await tokenByPin(client, bit.pcmr, site, 1);
    const two = await tokenByPin(client, bit.pcmr, site, 2);
    expect(one.bytes).toHaveLength(32);
    expect(two.bytes).toEqual(one.bytes);
    expect(await metadata(volatile)).toBe('OK');
    expect([await metadata(one), await metadata(two)]).toEqual(['OK', 'OK']);
  });

  it('reads and does not write', async () => {
    const made = await setUpAccount();
    const token = await tokenByPin(client, bit.pcmr);
    const manage = client.credentialManagement;
    expect(await manage.enumerateRps(token)).toHaveLength(1);
    expect(await manage.enumerateCredentials(token, provider.sha256(Buffer.from(site)))).toHaveLength(1);
    expect(await outcome(manage.deleteCredential(token, idOf(made)))).toBe('PIN_AUTH_INVALID');
    const user = { id: Uint8Array.of(1), name: 'x' };
    expect(await outcome(manage.updateUserInformation(token, idOf(made), user))).toBe('PIN_AUTH_INVALID');
    expect(await make(token)).toBe('PIN_AUTH_INVALID');
    expect(await get(token)).toBe('PIN_AUTH_INVALID');
  });

  it('lives through time and power cycles', async () => {
    const token = await tokenByPin(client, bit.pcmr);
    await opened.key.clock.advanceAsync(10_000_000);
    opened.key.powerCycle();
    client = await opened.key.connect();
    expect(await metadata(token)).toBe('OK');
    expect((await tokenByPin(client, bit.pcmr)).bytes).toEqual(token.bytes);
  });

  it('opens the identifier of the device, which is sealed anew each time', async () => {
    const token = await tokenByPin(client, bit.pcmr);
    const [one, two] = [await client.getInfo(), await client.getInfo()];
    expect(one.encIdentifier).toHaveLength(32);
    expect(one.encIdentifier).not.toEqual(two.encIdentifier);
    const opens = [one, two].map((info) => open(token.bytes, 'encIdentifier', info.encIdentifier!));
    const stored = Buffer.from(opened.key.keystore.state().deviceIdentifier).toString('hex');
    expect(opens).toEqual([stored, stored]);
  });

  it('shows by encCredStoreState that discoverable credentials changed', async () => {
    const token = await tokenByPin(client, bit.pcmr);
    const state = async () =>
      open(token.bytes, 'encCredStoreState', (await client.getInfo()).encCredStoreState!);
    const seen = [await state()];
    expect(await state()).toBe(seen[0]);
    await make(await tokenByPin(client, bit.mc));
    expect(await state()).toBe(seen[0]);
    const made = await setUpAccount();
    seen.push(await state());
    await get(await tokenByPin(client, bit.ga));
    expect(await state()).toBe(seen[1]);
    const cm = await tokenByPin(client, bit.cm);
    await client.credentialManagement.updateUserInformation(cm, idOf(made), { id: Uint8Array.of(1) });
    seen.push(await state());
    await client.credentialManagement.deleteCredential(cm, idOf(made));
    seen.push(await state());
    expect(new Set(seen).size).toBe(4);
  });

  it('is another one after reset, and so is the identifier', async () => {
    const token = await tokenByPin(client, bit.pcmr);
    const identifier = open(token.bytes, 'encIdentifier', (await client.getInfo()).encIdentifier!);
    await client.reset();
    const info = await client.getInfo();
    expect(open(token.bytes, 'encIdentifier', info.encIdentifier!)).not.toBe(identifier);
    await client.clientPin.setPin(pin);
    expect(await metadata(token)).toBe('PIN_AUTH_INVALID');
    const fresh = await tokenByPin(client, bit.pcmr);
    expect(open(fresh.bytes, 'encIdentifier', info.encIdentifier!)).not.toBe(identifier);
  });
});
