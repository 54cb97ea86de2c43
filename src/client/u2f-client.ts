import { concatBytes } from '../ctap/bytes.ts';
import { hidCommand } from '../ctaphid/command.ts';
import { KeyResponseError, U2fStatusError } from './errors.ts';
import type { HidChannel } from './hid-channel.ts';

/** INS bytes of U2F. */
export const u2fInstruction = { register: 0x01, authenticate: 0x02, version: 0x03 } as const;

/** Control bytes of AUTHENTICATE. */
export const u2fControl = { checkOnly: 0x07, enforcePresence: 0x03, dontEnforcePresence: 0x08 } as const;

/** Status words of U2F. */
export const u2fStatusWord = {
  noError: 0x9000,
  conditionsNotSatisfied: 0x6985,
  commandNotAllowed: 0x6986,
  wrongData: 0x6a80,
  wrongLength: 0x6700,
  classNotSupported: 0x6e00,
  instructionNotSupported: 0x6d00,
  other: 0x6f00,
} as const;

/** Length encoding of APDUs: three bytes as USB clients send it, or one byte. */
export type ApduForm = 'extended' | 'short';

export interface Apdu {
  readonly cla?: number;
  readonly ins: number;
  readonly p1?: number;
  readonly p2?: number;
  readonly data?: Uint8Array;
}

export interface U2fRegistration {
  /** 65 bytes: 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array;
  readonly keyHandle: Uint8Array;
  /** X.509, DER. */
  readonly certificate: Uint8Array;
  /** ECDSA, DER. */
  readonly signature: Uint8Array;
}

export interface U2fAssertion {
  /** 1 if the user was there. */
  readonly userPresence: number;
  readonly counter: number;
  /** ECDSA, DER. */
  readonly signature: Uint8Array;
}

/** U2F over CTAPHID_MSG. Every method but `send` throws U2fStatusError for a status word other than 9000. */
export class U2fClient {
  readonly #channel: HidChannel;
  readonly #form: ApduForm;

  constructor(channel: HidChannel, form: ApduForm = 'extended') {
    this.#channel = channel;
    this.#form = form;
  }

  /** Sends an APDU, or bytes that may be none, and resolves to what came whatever the status word is. */
  async send(
    apdu: Apdu | Uint8Array,
  ): Promise<{ readonly statusWord: number; readonly response: Uint8Array }> {
    const message = apdu instanceof Uint8Array ? apdu : encodeApdu(apdu, this.#form);
    const answer = await this.#channel.transact(hidCommand.msg, message);
    const split = answer.length - 2;
    if (split < 0) throw new KeyResponseError('the key sent an answer without a status word');
    const statusWord = new DataView(answer.buffer, answer.byteOffset).getUint16(split);
    return { statusWord, response: answer.subarray(0, split) };
  }

  async version(): Promise<string> {
    return new TextDecoder().decode(await this.#request({ ins: u2fInstruction.version }));
  }

  /** `challenge` and `application` are 32 bytes each. */
  async register(challenge: Uint8Array, application: Uint8Array, p1 = 0): Promise<U2fRegistration> {
    const data = concatBytes(challenge, application);
    return parseRegistration(await this.#request({ ins: u2fInstruction.register, p1, data }));
  }

  /** `control` is one of `u2fControl`; check-only ends in status word 6985 if the key knows the handle. */
  async authenticate(
    control: number,
    challenge: Uint8Array,
    application: Uint8Array,
    keyHandle: Uint8Array,
  ): Promise<U2fAssertion> {
    const data = concatBytes(challenge, application, Uint8Array.of(keyHandle.length), keyHandle);
    const response = await this.#request({ ins: u2fInstruction.authenticate, p1: control, data });
    if (response.length < 5) throw new KeyResponseError('the key sent an assertion that is too short');
    const view = new DataView(response.buffer, response.byteOffset);
    return { userPresence: view.getUint8(0), counter: view.getUint32(1), signature: response.slice(5) };
  }

  async #request(apdu: Apdu): Promise<Uint8Array> {
    const { statusWord, response } = await this.send(apdu);
    if (statusWord !== u2fStatusWord.noError) throw new U2fStatusError(statusWord);
    return response;
  }
}

/** A command APDU with Le for the longest answer. Throws RangeError when the data does not fit the form. */
export function encodeApdu({ cla = 0, ins, p1 = 0, p2 = 0, data }: Apdu, form: ApduForm): Uint8Array {
  const header = Uint8Array.of(cla, ins, p1, p2);
  const length = data?.length ?? 0;
  if (length > (form === 'short' ? 0xff : 0xffff))
    throw new RangeError('too much data for an APDU of this form');
  if (data === undefined) return concatBytes(header, new Uint8Array(form === 'short' ? 1 : 3));
  return form === 'short'
    ? concatBytes(header, Uint8Array.of(length), data, new Uint8Array(1))
    : concatBytes(header, Uint8Array.of(0, length >> 8, length & 0xff), data, new Uint8Array(2));
}

const pointSize = 65;

function parseRegistration(bytes: Uint8Array): U2fRegistration {
  const handleStart = 1 + pointSize + 1;
  const certificateStart = handleStart + (bytes[handleStart - 1] ?? 0);
  const signatureStart = certificateStart + derLength(bytes.subarray(certificateStart));
  if (bytes[0] !== 0x05 || signatureStart >= bytes.length) {
    throw new KeyResponseError('the key sent a registration that is none');
  }
  return {
    publicKey: bytes.slice(1, 1 + pointSize),
    keyHandle: bytes.slice(handleStart, certificateStart),
    certificate: bytes.slice(certificateStart, signatureStart),
    signature: bytes.slice(signatureStart),
  };
}

/** Length of a DER element with its header: a certificate has two bytes of length, a tiny one fewer. */
function derLength(bytes: Uint8Array): number {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  const content = bytes.subarray(2, 2 + size).reduce((value, byte) => value * 256 + byte, 0);
  return 2 + size + content;
}
