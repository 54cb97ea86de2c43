/** Status words of U2F raw messages (U2F raw messages §3.3; ISO 7816-4). */
export const statusWord = {
  OK: 0x9000,
  CONDITIONS_NOT_SATISFIED: 0x6985,
  COMMAND_NOT_ALLOWED: 0x6986,
  WRONG_DATA: 0x6a80,
  WRONG_LENGTH: 0x6700,
  INS_NOT_SUPPORTED: 0x6d00,
  CLA_NOT_SUPPORTED: 0x6e00,
  INTERNAL: 0x6f00,
} as const;
export type StatusWord = (typeof statusWord)[keyof typeof statusWord];

/** Ends a U2F command with a status word. */
export class U2fError extends Error {
  override readonly name = 'U2fError';
  readonly statusWord: StatusWord;
  constructor(word: keyof typeof statusWord) {
    super(word);
    this.statusWord = statusWord[word];
  }
}

/** The part of a command APDU that tells which command it is. */
export interface ApduHeader {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
}

/** A command APDU; Le is read and ignored. */
export interface CommandApdu extends ApduHeader {
  readonly data: Uint8Array;
}

const headerLength = 4;

/** Reads the header of a command APDU. Throws U2fError WRONG_LENGTH if it is cut off. */
export function parseHeader(bytes: Uint8Array): ApduHeader {
  const [cla, ins, p1] = bytes;
  if (cla === undefined || ins === undefined || p1 === undefined || bytes.length < headerLength) {
    throw new U2fError('WRONG_LENGTH');
  }
  return { cla, ins, p1 };
}

/**
 * The data field of a command APDU in short or extended form. Its body is: nothing, Le, Lc data [Le] or 00 Lc Lc data
 * [Le Le]. The 9-byte VERSION of old hosts, with an extended Lc of zero and an Le, is accepted too. Throws U2fError
 * WRONG_LENGTH.
 */
export function readData(bytes: Uint8Array): Uint8Array {
  const body = bytes.subarray(headerLength);
  const [first = 0, high = 0, low = 0] = body;
  if (body.length <= 1) return new Uint8Array();
  if (first !== 0) return cut(body, 1, first, 1);
  if (body.length === 3) return new Uint8Array();
  return cut(body, 3, high * 256 + low, 2);
}

function cut(body: Uint8Array, start: number, length: number, leLength: number): Uint8Array {
  const rest = body.length - start - length;
  if (body.length < start || (rest !== 0 && rest !== leLength)) throw new U2fError('WRONG_LENGTH');
  return body.subarray(start, start + length);
}
