import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'seeds');

/** Inputs of `seeds/NAME.txt`: one a line in hex, where spaces part pieces; `#` begins a comment. */
export function hexSeeds(name: string): Uint8Array[][] {
  return readFileSync(join(folder, `${name}.txt`), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/ +/).map((piece) => new Uint8Array(Buffer.from(piece, 'hex'))));
}

/** The first piece of each. */
export function byteSeeds(name: string): Uint8Array[] {
  return hexSeeds(name).map(([piece]) => piece ?? new Uint8Array());
}

/** Files of `seeds/NAME/` as text. */
export function textSeeds(name: string): string[] {
  const directory = join(folder, name);
  return readdirSync(directory)
    .sort()
    .map((file) => readFileSync(join(directory, file), 'utf8'));
}
