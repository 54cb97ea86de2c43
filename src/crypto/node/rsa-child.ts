import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CoseAlgorithm } from '../../cose/algorithm.ts';
import type { CryptoProvider, KeyPair } from '../../ports/crypto.ts';

/** Writes the PKCS#8 DER of a new RSA key to standard output. */
const program = `
const { privateKey } = require('node:crypto').generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicExponent: 0x10001,
  publicKeyEncoding: { format: 'der', type: 'spki' },
  privateKeyEncoding: { format: 'der', type: 'pkcs8' },
});
process.stdout.write(privateKey);
`;

/**
 * Generates RSA keys in a process of their own, for the background of a key pool. Neither a thread of the pool nor a
 * worker will do: Node.js waits for both at exit, even at process.exit(), until OpenSSL has found its primes. The child
 * keeps nobody waiting; when its parent is gone it ends by itself with the key that it was making.
 * `nodeExecutable` is the path of a Node.js. Rejects if it cannot be run or gives no good key.
 */
export function createRsaChild(
  provider: CryptoProvider,
  nodeExecutable: string,
): (alg: CoseAlgorithm) => Promise<KeyPair> {
  return async (alg) => provider.importPrivateKey(alg, await readOutput(nodeExecutable, program));
}

function readOutput(nodeExecutable: string, source: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeExecutable, ['--no-warnings', '-e', source], {
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', () => resolve(Uint8Array.from(Buffer.concat(chunks))));
    child.unref();
    const pipe: Readable & { unref?(): void } = child.stdout;
    pipe.unref?.();
  });
}
