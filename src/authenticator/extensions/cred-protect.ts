import { uint } from '../../cbor/table.ts';
import { CtapError } from '../../ctap/error.ts';
import { credProtectLevel, type CredProtectLevel } from '../../ports/credential.ts';
import type { Extension } from './extension.ts';

function isLevel(value: number): value is CredProtectLevel {
  return (Object.values(credProtectLevel) as number[]).includes(value);
}

/** credProtect (CTAP 2.3 §12.1). The level that is in force is stored and reported. */
export const credProtect: Extension = {
  name: 'credProtect',
  create(input) {
    const level = uint(input, 'credProtect');
    if (!isLevel(level)) throw new CtapError('INVALID_PARAMETER', `credProtect level ${level}`);
    return { credential: { credProtect: level }, output: () => ({ signed: level }) };
  },
};
