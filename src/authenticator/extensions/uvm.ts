import { boolean } from '../../cbor/table.ts';
import type { CborValue } from '../../cbor/value.ts';
import type { VerificationMethod } from '../pin/token.ts';
import type { Extension } from './extension.ts';

/** User verification methods (FIDO registry of predefined values §3.1). */
const methodBits: Readonly<Record<VerificationMethod | 'presence' | 'none', number>> = {
  presence: 0x001,
  fingerprint: 0x002,
  pin: 0x004,
  none: 0x200,
  'client-pin': 0x800,
};

/** Key protection and matcher protection (FIDO registry §3.2, §3.3): this key is a program, and says so. */
const [keyProtectionSoftware, matcherProtectionSoftware] = [0x0001, 0x0001];

function entries(method: keyof typeof methodBits): CborValue {
  return [[methodBits[method], keyProtectionSoftware, matcherProtectionSoftware]];
}

/** uvm (WebAuthn L2 §10.3): how the user was verified for this very operation. */
export const uvm: Extension = {
  name: 'uvm',
  create(input, { verifiedBy }) {
    if (!boolean(input, 'uvm')) return undefined;
    return { output: () => ({ signed: entries(verifiedBy ?? 'presence') }) };
  },
  get(input, { userPresence, verifiedBy }) {
    if (!boolean(input, 'uvm')) return undefined;
    return { output: () => ({ signed: entries(verifiedBy ?? (userPresence ? 'presence' : 'none')) }) };
  },
};
