import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

import { coseAlgorithm } from '../../../src/cose/algorithm.ts';
import { permission } from '../../../src/ctap/permission.ts';
import { publicKeyDescriptors } from '../../../src/client/ctap-client.ts';
import { bareAlgorithm } from '../bare.ts';
import { openHost } from '../host.ts';
import type { Effort } from '../measure.ts';
import { measure } from '../measure.ts';
import type { Row } from '../report.ts';
import { atMost, sides } from '../report.ts';

const pin = '1234';

/** Key agreement, token and assertion, both sides of it, against the cryptography that the two sides cannot do without. */
export async function pinCeremony(effort: Effort): Promise<Row[]> {
  const host = await openHost();
  const { client } = host;
  const id = await host.register();
  await client.clientPin.setPin(pin);
  const rpId = 'example.com';
  const request = { rpId, clientDataHash: new Uint8Array(32), allowList: publicKeyDescriptors(id) };
  const ceremony = async (): Promise<void> => {
    const pinUvAuthToken = await client.clientPin.getPinUvAuthTokenUsingPin(pin, {
      permissions: permission.getAssertion,
      rpId,
    });
    await client.getAssertion({ ...request, pinUvAuthToken });
  };
  await ceremony();
  const timings = await measure({ ours: ceremony, bare: createBareCeremony() }, effort);
  return [
    {
      what: 'PIN ceremony (key agreement, token, assertion), of its bare ECDH, HMAC, AES and signature',
      value: timings.ours / timings.bare,
      unit: '×',
      target: atMost(3),
      sides: sides(timings.ours, timings.bare),
    },
  ];
}

/**
 * Protocol two (CTAP 2.3 §6.5.7): the platform's ephemeral key, the same point on both sides, two derived keys each, the
 * PIN's hash one way, the token the other way, the parameter made and checked, the assertion signed.
 */
function createBareCeremony(): () => void {
  const key = createECDH('prime256v1');
  key.generateKeys();
  const sign = bareAlgorithm(coseAlgorithm.ES256).signer();
  return () => {
    const platform = createECDH('prime256v1');
    platform.generateKeys();
    const secrets = [platform.computeSecret(key.getPublicKey()), key.computeSecret(platform.getPublicKey())];
    const keys = secrets.map((secret) => ({
      hmac: Buffer.from(hkdfSync('sha256', secret, new Uint8Array(32), 'CTAP2 HMAC key', 32)),
      aes: Buffer.from(hkdfSync('sha256', secret, new Uint8Array(32), 'CTAP2 AES key', 32)),
    }));
    const [theirs, ours] = keys;
    if (!theirs || !ours) return;
    carry(createHash('sha256').update(pin).digest().subarray(0, 16), theirs.aes, ours.aes);
    const token = carry(randomBytes(32), ours.aes, theirs.aes);
    for (let side = 0; side < 2; side += 1) createHmac('sha256', token).update(new Uint8Array(32)).digest();
    sign();
  };
}

/** Encrypts on one side and decrypts on the other. */
function carry(plaintext: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const iv = randomBytes(16);
  const ciphertext = createCipheriv('aes-256-cbc', from, iv).setAutoPadding(false).update(plaintext);
  return createDecipheriv('aes-256-cbc', to, iv).setAutoPadding(false).update(ciphertext);
}
