import { CtapError } from '../../ctap/error.ts';

/** SPEC-SILENT §8: a clientDataHash of the wrong size and an empty RP ID are INVALID_LENGTH. */
export function checkLengths(clientDataHash: Uint8Array, rpId: string): void {
  if (clientDataHash.length !== 32) throw new CtapError('INVALID_LENGTH', 'clientDataHash is not 32 bytes');
  if (rpId.length === 0) throw new CtapError('INVALID_LENGTH', 'the RP ID is empty');
}

const maxUserIdLength = 64;

/** SPEC-SILENT §6.1: user.id is 1 to 64 bytes, all else INVALID_PARAMETER. */
export function checkUserId(id: Uint8Array): void {
  if (id.length === 0 || id.length > maxUserIdLength) {
    throw new CtapError('INVALID_PARAMETER', `user.id has ${id.length} bytes`);
  }
}
