import { beforeEach, describe, expect, it } from 'vitest';

import { createKey } from '../../src/app/create-key.ts';
import type { Key } from '../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import type { PinProtocolVersion } from '../../src/client/pin-protocol.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { everyCapability } from '../support/capabilities.ts';
import type { CryptoProvider } from '../../src/ports/crypto.ts';
import { hmacSecretInput, outcome } from '../support/protocol.ts';

/** What came out of, and went into, the cryptography of the key: secrets in the clear. */
let seen: { agreed: Uint8Array[]; derived: Uint8Array[]; decrypted: Uint8Array[]; keys: Uint8Array[] };
let key: Key;
let client: CtapClient;

function watchedCrypto(): CryptoProvider {
  const node = createNodeCrypto();
  const note = (list: Uint8Array[], bytes: Uint8Array): Uint8Array => {
    list.push(bytes);
    return bytes;
  };
  return {
    ...node,
    createAgreementKey(scalar) {
      const own = node.createAgreementKey(scalar);
      return { x: own.x, y: own.y, agree: (peer) => note(seen.agreed, own.agree(peer)) };
    },
    hkdfSha256: (...given) => note(seen.derived, node.hkdfSha256(...given)),
    aesCbcDecrypt: (...given) => note(seen.decrypted, node.aesCbcDecrypt(...given)),
    hmacSha256(hmacKey, ...parts) {
      seen.keys.push(hmacKey);
      return node.hmacSha256(hmacKey, ...parts);
    },
  };
}

const isWiped = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

beforeEach(async () => {
  seen = { agreed: [], derived: [], decrypted: [], keys: [] };
  key = createKey({ crypto: watchedCrypto(), profile: { ...everyCapability } });
  const pipe = key.connect();
  const channel = await openHidChannel({ pipe, random: systemRandom, clock: systemClock });
  client = new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom });
});

function requireWiped(least: { agreed: number; decrypted: number }): void {
  expect(seen.agreed.length).toBeGreaterThanOrEqual(least.agreed);
  expect(seen.decrypted.length).toBeGreaterThanOrEqual(least.decrypted);
  for (const list of [seen.agreed, seen.derived, seen.decrypted])
    expect(list.filter((one) => !isWiped(one))).toEqual([]);
}

describe.each<PinProtocolVersion>([1, 2])('after a command of protocol %i', (protocol) => {
  it('no shared secret and no PIN is left in memory', async () => {
    await client.clientPin.setPin('1234', protocol);
    requireWiped({ agreed: 1, decrypted: 1 });
    await client.clientPin.changePin('1234', '56789', protocol);
    await client.clientPin.getPinToken('56789', protocol);
    expect(await outcome(client.clientPin.getPinToken('1111', protocol))).toBe('PIN_INVALID');
    expect(await outcome(client.clientPin.changePin('56789', '1', protocol))).not.toBe('OK');
    requireWiped({ agreed: 5, decrypted: 6 });
  });

  it('a token is wiped when the next one takes its place, and by a power cycle', async () => {
    await client.clientPin.setPin('1234', protocol);
    const request = { permissions: 4 };
    const use = async (): Promise<Uint8Array> => {
      const token = await client.clientPin.getPinUvAuthTokenUsingPin('1234', request, protocol);
      seen.keys.length = 0;
      await client.credentialManagement.getCredsMetadata(token);
      // The persistent token is tried too.
      const { persistentPinUvAuthToken: other } = key.keystore.state();
      const isVolatile = (bytes: Uint8Array) => !isWiped(bytes) && Buffer.compare(bytes, other) !== 0;
      return seen.keys.find(isVolatile) ?? new Uint8Array();
    };
    const first = await use();
    expect(first).toHaveLength(32);
    const second = await use();
    expect([isWiped(first), second.length, isWiped(second)]).toEqual([true, 32, false]);
    await key.powerCycle();
    expect(isWiped(second)).toBe(true);
  });

  it('no salt of hmac-secret is, once the last account was given', async () => {
    for (const id of [1, 2])
      await client.makeCredential({
        clientDataHash: new Uint8Array(32),
        rp: { id: 'example.com' },
        user: { id: Uint8Array.of(id) },
        pubKeyCredParams: publicKeyParameters(-7),
        options: { rk: true },
        extensions: { 'hmac-secret': true },
      });
    const secret = await client.clientPin.agree(protocol);
    const extensions = { 'hmac-secret': hmacSecretInput(secret, new Uint8Array(32).fill(9)) };
    const request = { rpId: 'example.com', clientDataHash: new Uint8Array(32), extensions };
    const [one, two] = await client.getAssertions(request);
    const outputs = [one, two].map((given) => given?.parsed.extensions?.get('hmac-secret') as Uint8Array);
    expect(outputs.map((output) => isWiped(secret.decrypt(output)))).toEqual([false, false]);
    requireWiped({ agreed: 1, decrypted: 1 });
  });
});
