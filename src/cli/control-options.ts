import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { RigOptions, StartOptions } from '../app/api-start.ts';
import { UsageError } from '../ports/errors.ts';

/** What commander makes of the options of a control server. */
export interface ControlCommandOptions {
  /** True without an address. */
  readonly control?: string | true;
  readonly controlOrigin?: readonly string[];
  readonly controlTokenFile?: string;
  readonly rig?: readonly RigOptions[];
}

/** An origin as browsers send it: nothing behind the port. */
function collectOrigin(origin: string, previous: readonly string[] = []): string[] {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(origin))
    throw new InvalidArgumentError('An origin looks like http://localhost:3000, without a slash at the end.');
  return [...previous, origin];
}

/** Where the suites look for their rigs. */
const rigPorts = { touch: 8113, conformance: 3000 } as const;

/** `touch`, `conformance`, or one of them with `:PORT`. */
function collectRig(text: string, previous: readonly RigOptions[] = []): RigOptions[] {
  const [, name = '', digits] = /^(touch|conformance)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = Number(digits ?? 0);
  if (name !== 'touch' && name !== 'conformance')
    throw new InvalidArgumentError('It is touch or conformance, with :PORT behind it if you like.');
  if (port > 65_535) throw new InvalidArgumentError('A port is a number up to 65535.');
  return [...previous, { kind: name, port: digits === undefined ? rigPorts[name] : port }];
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
    )
    .option(
      '--control-token-file <file>',
      'keep the token in this file, so that what was paired once stays paired; made if it is missing',
    )
    .addOption(
      new Option(
        '--rig <kind>',
        'touch and unplug the key for a suite of other people: touch[:PORT] for python-fido2, conformance[:PORT] for FIDO’s tool',
      ).argParser(collectRig),
    );
}

/** What `--control` and `--rig` ask for; `version` is the program's. */
export function toControlOptions(
  { control, controlOrigin, controlTokenFile, rig }: ControlCommandOptions,
  version: string,
): Pick<StartOptions, 'control' | 'rigs'> {
  const rigs = rig && { rigs: rig };
  if (control === undefined) {
    if (controlOrigin) throw new UsageError('--control-origin is of use with --control only.');
    if (controlTokenFile !== undefined)
      throw new UsageError('--control-token-file is of use with --control only.');
    return { ...rigs };
  }
  return {
    ...rigs,
    control: {
      address: control === true ? '' : control,
      origins: controlOrigin ?? [],
      version,
      ...(controlTokenFile !== undefined && { tokenKeptIn: controlTokenFile }),
    },
  };
}
