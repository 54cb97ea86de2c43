import { UsageError } from '../ports/errors.ts';
import type { Cli } from './io.ts';
import { askLine, canAsk, readInput } from './prompt.ts';

/** Where PINs come from: an option (`-` for a line of the input), the environment, or the terminal. */
export interface PinOptions {
  readonly pin?: string;
  readonly newPin?: string;
}

export interface PinRequest {
  readonly label: string;
  readonly option: string | undefined;
  readonly flag: '--pin' | '--new-pin';
  readonly variable: 'FAUXKEY_PIN' | 'FAUXKEY_NEW_PIN';
  /** A new PIN is asked for twice: nobody sees what they type. */
  readonly isNew: boolean;
}

async function askPin(cli: Cli, request: PinRequest): Promise<string> {
  const { label, isNew, flag, variable } = request;
  if (!canAsk(cli.io))
    throw new UsageError(`The ${label} is missing, and nobody can be asked here.`, {
      hint: `Give it with ${flag} PIN, with ${flag} - on the standard input, or in ${variable}.`,
    });
  const first = await askLine(cli.io, `${label[0]?.toUpperCase() ?? ''}${label.slice(1)}: `, true);
  if (isNew && (await askLine(cli.io, `The ${label} again: `, true)) !== first)
    throw new UsageError('The two PINs are not the same; nothing was changed.');
  return first;
}

/** The PINs asked for, in the order of the requests; those given as `-` are the lines of the input, in that order. */
export async function readPins(cli: Cli, requests: readonly PinRequest[]): Promise<string[]> {
  const fromInput = requests.some(({ option }) => option === '-');
  const lines = fromInput ? (await readInput(cli.io)).split(/\r?\n/) : [];
  const pins: string[] = [];
  for (const request of requests) {
    const given = request.option === '-' ? lines.shift() : (request.option ?? cli.io.env[request.variable]);
    if (given === undefined && request.option === '-')
      throw new UsageError(`The standard input holds no line for the ${request.label}.`);
    pins.push(given ?? (await askPin(cli, request)));
  }
  return pins;
}
