import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { StartOptions } from '../app/api.ts';
import { UsageError } from '../ports/errors.ts';

/** What commander makes of the options of a control server. */
export interface ControlCommandOptions {
  /** True without an address. */
  readonly control?: string | true;
  readonly controlOrigin?: readonly string[];
}

/** An origin as browsers send it: nothing behind the port. */
function collectOrigin(origin: string, previous: readonly string[] = []): string[] {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(origin))
    throw new InvalidArgumentError('An origin looks like http://localhost:3000, without a slash at the end.');
  return [...previous, origin];
}

/** The options of a control server. */
export function addControlOptions(command: Command): Command {
  return command
    .optionsGroup('Control:')
    .option(
      '--control [address]',
      'serve keys over HTTP to tests and tools, at HOST:PORT; a free port of 127.0.0.1 unless given',
    )
    .addOption(
      new Option(
        '--control-origin <origin>',
        'let pages of this origin call it, e.g. http://localhost:3000; may be given several times',
      ).argParser(collectOrigin),
    );
}

/** What `--control` asks for; `version` is the program's. */
export function toControlOptions(
  { control, controlOrigin }: ControlCommandOptions,
  version: string,
): Pick<StartOptions, 'control'> {
  if (control === undefined) {
    if (controlOrigin) throw new UsageError('--control-origin is of use with --control only.');
    return {};
  }
  return { control: { address: control === true ? '' : control, origins: controlOrigin ?? [], version } };
}
