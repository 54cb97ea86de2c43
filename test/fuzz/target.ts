import type { Dice } from '../support/dice.ts';

/** Something that takes input from outside, with a way to feed it and to see that it is well. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of the run in `npm test`. */
  readonly inputs: number;
  open(seed: string): FuzzSession | Promise<FuzzSession>;
}

/**
 * One run. An input is made from dice alone and from what the run did before. `feed` and `probe` throw for a finding: an
 * error of an unexpected kind, a defect that the key reports, a good request that does not work any more.
 */
export interface FuzzSession {
  make(dice: Dice): FuzzInput;
  feed(input: FuzzInput): void | Promise<void>;
  /** A good request. */
  probe(): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** Bytes, or several pieces of them that come one after the other, or text. */
export type FuzzInput = Uint8Array | readonly Uint8Array[] | string;

/** What is wrong, for the one who reads the report. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

/** Throws a Finding unless `error` is of one of these kinds. */
export function expectKind(error: unknown, ...names: readonly string[]): void {
  if (error instanceof Error && names.includes(error.name)) return;
  throw new Finding(`An unexpected error: ${String(error)}`, { cause: error });
}

export function show(input: FuzzInput): string {
  if (typeof input === 'string') return JSON.stringify(input);
  const pieces = input instanceof Uint8Array ? [input] : input;
  return pieces.map((piece) => Buffer.from(piece).toString('hex')).join(' ');
}
