import { hidError } from '../ctaphid/command.ts';
import { statusName } from '../ctap/status.ts';

/** The key answered with CTAPHID_ERROR (CTAP 2.3 §11.2.9.1.6). */
export class CtapHidError extends Error {
  override readonly name = 'CtapHidError';
  /** One byte; the values of `hidError` or another. */
  readonly code: number;
  constructor(code: number) {
    super(`the key answered with CTAPHID error ${hidErrorName(code)}`);
    this.code = code;
  }
}

function hidErrorName(code: number): string {
  const known = Object.entries(hidError).find(([, value]) => value === code);
  return known?.[0] ?? `0x${code.toString(16).padStart(2, '0')}`;
}

/** Nothing came in time, the pipe was closed, or the key broke the protocol. */
export type HidTransportProblem = 'timeout' | 'closed' | 'protocol';

/** The exchange with the key failed below the level of CTAPHID messages. */
export class HidTransportError extends Error {
  override readonly name = 'HidTransportError';
  readonly problem: HidTransportProblem;
  constructor(problem: HidTransportProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** The key answered a CTAP2 command with another status than OK (CTAP 2.3 §8.2). */
export class CtapStatusError extends Error {
  override readonly name = 'CtapStatusError';
  /** One byte; the values of `ctapStatus` or another. */
  readonly status: number;
  /** Without prefix, e.g. `PIN_INVALID`, or the hexadecimal form of a status that has no name. */
  readonly statusName: string;
  constructor(status: number) {
    super(`the key answered with ${statusName(status)}`);
    this.status = status;
    this.statusName = statusName(status);
  }
}

/** The key answered a U2F command with another status word than 9000. */
export class U2fStatusError extends Error {
  override readonly name = 'U2fStatusError';
  /** Two bytes, e.g. 0x6985. */
  readonly statusWord: number;
  constructor(statusWord: number) {
    super(`the key answered with status word ${statusWord.toString(16).padStart(4, '0')}`);
    this.statusWord = statusWord;
  }
}

/** The key's answer was decodable, but is not an answer to what was asked. */
export class KeyResponseError extends Error {
  override readonly name = 'KeyResponseError';
}
