import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../src/authenticator/profile.ts';
import { encodeBase64Url } from '../../../src/client/webauthn/base64url.ts';
import type { CreationOptionsJson, ExtensionInputsJson } from '../../../src/client/webauthn/options.ts';
import { WebAuthnClient } from '../../../src/client/webauthn/webauthn-client.ts';
import { createLocalKey } from '../../support/local-key.ts';

const challenge = 'AAECAwQFBgcICQ';
const compression = {
  deflate: (data: Uint8Array) => Uint8Array.from(deflateRawSync(data)),
  inflate: (data: Uint8Array) => Uint8Array.from(inflateRawSync(data)),
};

/** A page that registers one discoverable credential and signs in with it, on a key with a PIN. */
async function openPage(profile: Partial<Profile>) {
  const key = createLocalKey(profile);
  const ctap = await key.connect();
  await ctap.clientPin.setPin('1234');
  const user = { askPin: () => Promise.resolve('1234') };
  const browser = new WebAuthnClient({
    ctap,
    clock: key.clock,
    origin: 'https://example.com',
    user,
    compression,
  });
  let id = '';
  return {
    register: async (extensions: ExtensionInputsJson) => {
      const options: CreationOptionsJson = {
        rp: { name: 'Example' },
        user: { id: 'AQ', name: 'alice', displayName: 'Alice' },
        challenge,
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        authenticatorSelection: { residentKey: 'required' },
        extensions,
      };
      const made = await browser.create(options);
      id = made.id;
      return made.clientExtensionResults;
    },
    signIn: async (extensions: ExtensionInputsJson) => {
      const allowCredentials = [{ id, type: 'public-key' }];
      return (await browser.get({ challenge, allowCredentials, extensions })).clientExtensionResults;
    },
  };
}

describe('prf and largeBlob (WebAuthn L3 §10.1.4, §10.1.5) over the key itself', () => {
  it('prf gives at registration what it gives at sign-in', async () => {
    const page = await openPage({ extensions: ['hmac-secret', 'hmac-secret-mc'] });
    const prf = { eval: { first: 'AQID', second: 'BAUG' } };
    const made = await page.register({ prf });
    expect(made.prf).toMatchObject({ enabled: true, results: { first: expect.any(String) as string } });
    expect((await page.signIn({ prf })).prf?.results).toEqual(made.prf?.results);
  });

  it('credBlob comes back', async () => {
    const page = await openPage({ extensions: ['credProtect', 'credBlob'], maxCredBlobLength: 32 });
    expect(await page.register({ credBlob: 'AQID' })).toEqual({ credBlob: true });
    expect(await page.signIn({ getCredBlob: true })).toEqual({ getCredBlob: 'AQID' });
  });

  it.each<[string, Partial<Profile>]>([
    ['beside the assertion', { extensions: ['largeBlobKey'], largeBlobArray: { capacity: 4096 } }],
    ['inside the assertion', { extensions: ['largeBlob'], largeBlobExtension: { capacity: 4096 } }],
  ])('largeBlob is written and read %s', async (_, profile) => {
    const page = await openPage(profile);
    const blob = encodeBase64Url(Uint8Array.from({ length: 3000 }, (_value, i) => (i * i) & 0xff));
    expect(await page.register({ largeBlob: { support: 'required' } })).toEqual({
      largeBlob: { supported: true },
    });
    expect(await page.signIn({ largeBlob: { read: true } })).toEqual({ largeBlob: {} });
    expect(await page.signIn({ largeBlob: { write: blob } })).toEqual({ largeBlob: { written: true } });
    expect(await page.signIn({ largeBlob: { read: true } })).toEqual({ largeBlob: { blob } });
  });
});
