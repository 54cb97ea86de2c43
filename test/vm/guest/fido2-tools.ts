/** libfido2's command line tools. Their files are lines of base64; PINs come from standard input where there is no terminal. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './places.ts';
import { output } from './process.ts';

export type CredentialType = 'es256' | 'eddsa' | 'rs256';

export interface CredentialWish {
  readonly rpId: string;
  readonly userName?: string;
  readonly type?: CredentialType;
  readonly resident?: boolean;
  readonly hmacSecret?: boolean;
  /** Asks for user verification too. */
  readonly pin?: string;
}

export interface MadeCredential {
  /** Base64. */
  readonly credentialId: string;
  /** What `fido2-cred -M` printed, for `-V`. */
  readonly file: string;
}

/** `fido2-cred -M`. */
export async function makeCredential(node: string, wish: CredentialWish): Promise<MadeCredential> {
  const directory = scratch('cred');
  const userName = wish.userName ?? 'somebody';
  const userId = createHash('sha256').update(userName).digest().subarray(0, 16).toString('base64');
  writeFileSync(
    join(directory, 'request'),
    lines(randomBytes(32).toString('base64'), wish.rpId, userName, userId),
  );
  const file = join(directory, 'credential');
  const flags = [
    ...given('-r', wish.resident),
    ...given('-h', wish.hmacSecret),
    ...given('-v', wish.pin !== undefined),
  ];
  const args = ['-M', ...flags, '-i', join(directory, 'request'), '-o', file, node, wish.type ?? 'es256'];
  await output('fido2-cred', args, pinInput(wish.pin));
  const made = await output('cat', [file]);
  return { credentialId: made.split('\n')[4] ?? '', file };
}

/** `fido2-cred -V`; answers the path of the public key that it printed. */
export async function verifyCredential(made: MadeCredential, wish: CredentialWish): Promise<string> {
  const flags = [...given('-h', wish.hmacSecret), ...given('-v', wish.pin !== undefined)];
  const verified = await output('fido2-cred', ['-V', ...flags, '-i', made.file, wish.type ?? 'es256']);
  const key = `${made.file}.pem`;
  writeFileSync(key, verified.slice(verified.indexOf('-----BEGIN')));
  return key;
}

export interface AssertionWish {
  readonly rpId: string;
  /** Base64; absent: the key has to know one. */
  readonly credentialId?: string;
  readonly pin?: string;
  /** Base64, 32 bytes. */
  readonly hmacSalt?: string;
}

export interface MadeAssertion {
  readonly file: string;
  readonly lines: readonly string[];
}

/** `fido2-assert -G`. */
export async function getAssertion(node: string, wish: AssertionWish): Promise<MadeAssertion> {
  const directory = scratch('assert');
  const optional = [wish.credentialId, wish.hmacSalt].filter((line) => line !== undefined);
  writeFileSync(
    join(directory, 'request'),
    lines(randomBytes(32).toString('base64'), wish.rpId, ...optional),
  );
  const file = join(directory, 'assertion');
  const flags = [
    ...given('-r', wish.credentialId === undefined),
    ...given('-h', wish.hmacSalt !== undefined),
    ...given('-v', wish.pin !== undefined),
  ];
  await output(
    'fido2-assert',
    ['-G', ...flags, '-i', join(directory, 'request'), '-o', file, node],
    pinInput(wish.pin),
  );
  return { file, lines: (await output('cat', [file])).trimEnd().split('\n') };
}

/** `fido2-assert -V`. */
export async function verifyAssertion(
  made: MadeAssertion,
  publicKey: string,
  wish: AssertionWish,
  type: CredentialType = 'es256',
): Promise<void> {
  const flags = [...given('-h', wish.hmacSalt !== undefined), ...given('-v', wish.pin !== undefined)];
  await output('fido2-assert', ['-V', ...flags, '-i', made.file, publicKey, type]);
}

function lines(...values: readonly string[]): string {
  return values.map((value) => `${value}\n`).join('');
}

function given(flag: string, condition: boolean | undefined): string[] {
  return condition === true ? [flag] : [];
}

function pinInput(pin: string | undefined): { readonly input?: string } {
  return pin === undefined ? {} : { input: `${pin}\n` };
}
