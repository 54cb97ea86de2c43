import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pinUvAuthProtocols } from '../../../src/authenticator/pin/protocol.ts';
import { createPinUvAuthToken, encapsulate } from '../../../src/client/pin-protocol.ts';
import { agreementKeyToCose } from '../../../src/cose/agreement-key.ts';
import { createNobleCrypto } from '../../../src/crypto/noble/provider.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { parseAgreementKey } from '../../../src/cose/agreement-key.ts';
import { InvalidPointError } from '../../../src/ports/crypto.ts';
import { countingRandom } from './scripted-pipe.ts';

const platform = { crypto: createNodeCrypto(), random: countingRandom() };
/** The key's side runs on the other provider. */
const keyCrypto = createNobleCrypto(countingRandom());
const keyPair = keyCrypto.createAgreementKey(new Uint8Array(32).fill(5));
const peer = agreementKeyToCose(keyPair);

describe.each([1, 2] as const)('PIN/UV auth protocol %i, platform against key', (version) => {
  const secret = encapsulate(platform, version, peer);
  const protocol = pinUvAuthProtocols[version];
  const keySecret = protocol.deriveSecret(keyCrypto, keyPair.agree(parseAgreementKey(secret.keyAgreement)!));
  const blocks = fc
    .integer({ min: 1, max: 8 })
    .chain((count) => fc.uint8Array({ minLength: 16 * count, maxLength: 16 * count }));

  it('encrypts for the key and decrypts what it sends', () => {
    fc.assert(
      fc.property(blocks, (plaintext) => {
        expect(protocol.decrypt(keyCrypto, keySecret, secret.encrypt(plaintext))).toEqual(plaintext);
        expect(secret.decrypt(protocol.encrypt(keyCrypto, countingRandom(), keySecret, plaintext))).toEqual(
          plaintext,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('authenticates with the secret and with a token', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (message) => {
        const token = createPinUvAuthToken(platform.crypto, version, new Uint8Array(32).fill(8));
        expect(protocol.verify(keyCrypto, keySecret.hmacKey, message, secret.authenticate(message))).toBe(
          true,
        );
        expect(protocol.verify(keyCrypto, token.bytes, message, token.authenticate(message))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a ciphertext of an impossible length', () => {
    for (const length of version === 1 ? [15, 17] : [0, 15, 33]) {
      expect(() => secret.decrypt(new Uint8Array(length))).toThrow('impossible length');
    }
  });

  it('refuses a key that is none', () => {
    expect(() => encapsulate(platform, version, new Map([...peer, [3, -7]]))).toThrow(
      'not one of the standard',
    );
    expect(() => encapsulate(platform, version, new Map([...peer, [-3, new Uint8Array(32)]]))).toThrow(
      InvalidPointError,
    );
  });
});

it('uses a new IV for each encryption of protocol two', () => {
  const secret = encapsulate(platform, 2, peer);
  expect(secret.encrypt(new Uint8Array(16))).not.toEqual(secret.encrypt(new Uint8Array(16)));
});
