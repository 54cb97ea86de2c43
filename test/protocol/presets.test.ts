import { describe, expect, it } from 'vitest';
import { presets } from '../../src/authenticator/presets.ts';
import { algorithmName } from '../../src/cose/algorithm.ts';
import { publicKeyParameters } from '../../src/client/ctap-client.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { openRealKey, type RealKey } from '../support/real-key.ts';
import {
  assertion,
  bit,
  outcome,
  pin,
  provider,
  registration,
  resident,
  siteHash,
  tokenByPin,
} from '../support/protocol.ts';

const hash = new Uint8Array(32);
const make = ({ client }: RealKey, changes: Parameters<typeof registration>[0] = {}) =>
  outcome(client.makeCredential(registration(changes)));
const makeResident = ({ client }: RealKey, id: number) => outcome(client.makeCredential(resident(id)));
const info = ({ client }: RealKey) => client.getInfo();
const speaksU2f = async (opened: RealKey) => {
  const u2f = await opened.connectU2f();
  return u2f.register(hash, siteHash).then(
    () => true,
    () => false,
  );
};

/** What each kind of key is good for, as its summary says. */
const promises: Readonly<Record<string, (opened: RealKey) => Promise<void>>> = {
  complete: async (opened) => {
    const { versions, options } = await info(opened);
    expect(versions).toEqual(['U2F_V2', 'FIDO_2_0', 'FIDO_2_1', 'FIDO_2_3']);
    const announced = ['clientPin', 'credMgmt', 'largeBlobs', 'authnrCfg', 'perCredMgmtRO', 'alwaysUv', 'ep'];
    for (const name of announced) expect(options?.has(name), name).toBe(true);
    expect([await makeResident(opened, 1), await speaksU2f(opened)]).toEqual(['OK', true]);
  },
  'ctap2.1': async (opened) => {
    const { options, remainingDiscoverableCredentials, versions } = await info(opened);
    expect([versions.at(-1), remainingDiscoverableCredentials]).toEqual(['FIDO_2_1', 25]);
    expect(options?.has('perCredMgmtRO')).toBe(false);
    await opened.client.clientPin.setPin(pin);
    expect(await outcome(tokenByPin(opened.client, bit.cm))).toBe('OK');
  },
  'ctap2.0': async (opened) => {
    const { options, pinUvAuthProtocols, versions } = await info(opened);
    expect([versions, pinUvAuthProtocols]).toEqual([['U2F_V2', 'FIDO_2_0'], [1]]);
    expect(options?.has('credMgmt')).toBe(false);
    expect(await outcome(opened.client.selection())).toBe('INVALID_COMMAND');
    await opened.client.clientPin.setPin(pin, 1);
    expect(await outcome(opened.client.clientPin.getPinToken(pin, 1))).toBe('OK');
  },
  u2f: async (opened) => {
    await expect(info(opened)).rejects.toThrow();
    expect(await speaksU2f(opened)).toBe(true);
  },
  'no-pin': async (opened) => {
    const { options } = await info(opened);
    expect([options?.has('clientPin'), options?.get('rk')]).toEqual([false, false]);
    expect([await make(opened), await make(opened, { options: { uv: true } })]).toEqual([
      'OK',
      'INVALID_OPTION',
    ]);
    expect(await makeResident(opened, 1)).toBe('UNSUPPORTED_OPTION');
  },
  'uv-required': async (opened) => {
    expect(await make(opened)).toBe('PUAT_REQUIRED');
    await opened.client.clientPin.setPin(pin);
    expect(await make(opened)).toBe('PUAT_REQUIRED');
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    expect(await make(opened, { pinUvAuthToken })).toBe('OK');
    expect(await speaksU2f(opened)).toBe(false);
  },
  keypad: async (opened) => {
    const made = await opened.client.makeCredential(registration({ options: { uv: true } }));
    expect(made.parsed.userVerified).toBe(true);
    expect((await info(opened)).uvModality).toBe(0x04);
  },
  fingerprint: async (opened) => {
    expect((await info(opened)).options?.get('uv')).toBe(false);
    await opened.client.clientPin.setPin(pin);
    const token = await tokenByPin(opened.client, bit.be);
    const { bioEnrollment } = opened.client;
    const { remainingSamples, templateId } = await bioEnrollment.enrollBegin(token);
    for (let left = remainingSamples; left > 0; left--)
      await bioEnrollment.enrollCaptureNextSample(token, templateId);
    const made = await opened.client.makeCredential(registration({ options: { uv: true } }));
    expect([made.parsed.userVerified, (await info(opened)).options?.get('uv')]).toEqual([true, true]);
  },
  enterprise: async ({ client }) => {
    const made = await client.makeCredential(registration());
    expect(made.attStmt.has('x5c')).toBe(true);
    await client.config.enableEnterpriseAttestation();
    const granted = await client.makeCredential(registration({ enterpriseAttestation: 1 }));
    expect(granted.epAtt).toBe(true);
  },
  'small-storage': async (opened) => {
    const three = [
      await makeResident(opened, 1),
      await makeResident(opened, 2),
      await makeResident(opened, 3),
    ];
    expect(three).toEqual(['OK', 'OK', 'KEY_STORE_FULL']);
    expect([await makeResident(opened, 2), await make(opened)]).toEqual(['OK', 'OK']);
  },
  'synced-passkey': async ({ client }) => {
    await client.makeCredential(resident(1));
    const { parsed } = await client.getAssertion(assertion());
    expect(parsed).toMatchObject({ backupEligible: true, backupState: true, signCount: 0 });
  },
  'post-quantum': async ({ client }) => {
    const { algorithms = [] } = await client.getInfo();
    expect(algorithms.map(algorithmName)).toEqual(['MLDSA65', 'MLDSA44', 'MLDSA87', 'ES256']);
    for (const alg of [-49, -48, -50]) {
      const made = await client.makeCredential(registration({ pubKeyCredParams: publicKeyParameters(alg) }));
      const { publicKey } = made.parsed.attested!;
      const used = await client.getAssertion(
        assertion({ allowList: [{ type: 'public-key', id: made.parsed.attested!.credentialId }] }),
      );
      const data = Buffer.concat([used.authData, assertion().clientDataHash]);
      expect([publicKey.get(3), provider.verify(publicKey, data, used.signature)]).toEqual([alg, true]);
    }
  },
};

describe('the preset', () => {
  const usable = createNodeCrypto().algorithms;
  it.each(presets.map(({ name, profile }) => [name, profile] as const))(
    '%s is what it says',
    async (name, profile) => {
      if (!profile.algorithms.every((alg) => usable.includes(alg))) return;
      await promises[name]!(await openRealKey({ profile: name }));
    },
  );

  it('of every name is tried', () => {
    expect(Object.keys(promises).toSorted()).toEqual(presets.map(({ name }) => name).toSorted());
  });
});
