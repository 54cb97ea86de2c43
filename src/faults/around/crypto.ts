import { concatBytes, sameBytes, toHex } from '../../ctap/bytes.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import type { FaultCommand } from '../fault.ts';
import type { FaultSession } from './session.ts';

const assertions: readonly FaultCommand[] = [
  'getAssertion',
  'silentAssertion',
  'getNextAssertion',
  'u2fAuthenticate',
];

/**
 * Cryptography that signs other authenticator data than it was given. What a U2F authentication signs has the same
 * layout: hash, flags and counter, then the challenge (U2F raw messages §5.4).
 */
export function wrapCrypto(session: FaultSession, inner: CryptoProvider): CryptoProvider {
  return {
    algorithms: inner.algorithms,
    sha256: (...parts) => inner.sha256(...parts),
    hmacSha256: (key, ...parts) => inner.hmacSha256(key, ...parts),
    hkdfSha256: (ikm, salt, info, length) => inner.hkdfSha256(ikm, salt, info, length),
    aesCbcEncrypt: (key, iv, plaintext) => inner.aesCbcEncrypt(key, iv, plaintext),
    aesCbcDecrypt: (key, iv, ciphertext) => inner.aesCbcDecrypt(key, iv, ciphertext),
    equal: (a, b) => inner.equal(a, b),
    createAgreementKey: (scalar) => inner.createAgreementKey(scalar),
    generateKeyPair: (alg) => inner.generateKeyPair(alg),
    importPrivateKey: (alg, privateKey) => inner.importPrivateKey(alg, privateKey),
    verify: (publicKey, data, signature) => inner.verify(publicKey, data, signature),
    sign(alg, privateKey, data) {
      const request = session.current;
      const hash = request?.clientDataHash;
      if (!request || !hash || !assertions.includes(request.command) || !endsWith(data, hash)) {
        return inner.sign(alg, privateKey, data);
      }
      const authData = data.slice(0, data.length - hash.length);
      request.signer = toHex(inner.sha256(privateKey));
      const bent = session.bend('auth-data', request, authData);
      if (bent !== authData) request.authData = { from: authData, to: bent };
      const signature = inner.sign(alg, privateKey, concatBytes(bent, hash));
      return session.bend('signature', request, signature);
    },
  };
}

function endsWith(data: Uint8Array, end: Uint8Array): boolean {
  return data.length > end.length && sameBytes(data.subarray(data.length - end.length), end);
}
