import { CommanderError } from 'commander';
import { UsageError } from '../ports/errors.ts';
import type { UsageProblem } from '../ports/errors.ts';
import { KeystoreError } from '../ports/keystore.ts';
import type { KeystoreProblem } from '../ports/keystore.ts';
import { TransportError } from '../ports/transport.ts';
import { exitCode } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';

/** A failure as it is told: one sentence, a word for programs, and the next step. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Ctrl-C while the command line was asking something. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const usage: Readonly<Record<UsageProblem, [ExitCode, string | undefined]>> = {
  usage: [exitCode.usage, undefined],
  'no-such-key': [exitCode.notFound, 'Start the key once to make it: `fauxkey start --key NAME`.'],
  'no-such-credential': [exitCode.notFound, 'See all with `fauxkey list`.'],
  'not-running': [exitCode.notRunning, 'Start it with `fauxkey start`.'],
  'not-found': [exitCode.notFound, undefined],
  conflict: [exitCode.negative, undefined],
  refused: [exitCode.negative, undefined],
  unsupported: [exitCode.usage, undefined],
  unplugged: [exitCode.notRunning, undefined],
};

/** The messages of the keystore name the next step themselves; only the options are ours to name. */
const keystore: Readonly<Record<KeystoreProblem, [ExitCode, string | undefined]>> = {
  full: [exitCode.full, undefined],
  corrupt: [exitCode.corrupt, 'Nothing was changed. Another directory: --keystore DIR.'],
  version: [exitCode.corrupt, 'Nothing was changed. Another directory: --keystore DIR.'],
  locked: [exitCode.locked, 'Another key: --key NAME.'],
  passphrase: [
    exitCode.passphrase,
    'A passphrase is given with --passphrase-file FILE or FAUXKEY_PASSPHRASE.',
  ],
  io: [exitCode.io, undefined],
};

const transport: Readonly<Record<TransportError['problem'], ExitCode>> = {
  unavailable: exitCode.transportUnavailable,
  permission: exitCode.transportPermission,
  'in-use': exitCode.transportInUse,
  io: exitCode.transportIo,
};

function commanderFailure(error: CommanderError): Failure {
  // What commander throws after printing the help of a command that only has subcommands.
  const missing = error.code === 'commander.help';
  const message = missing
    ? 'a command is missing.'
    : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return { exitCode: exitCode.usage, code: 'usage', message };
}

/** System errors of files that the user named. */
function fileFailure(error: Error): Failure | undefined {
  if (!('code' in error) || !('path' in error)) return undefined;
  const { code, path } = error;
  if (typeof code !== 'string' || typeof path !== 'string' || !/^E[A-Z]+$/.test(code)) return undefined;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    EACCES: 'must not be accessed by this user',
    EISDIR: 'is a directory',
    EEXIST: 'exists already',
    ENOSPC: 'does not fit on the disk',
  };
  return {
    exitCode: code === 'ENOSPC' ? exitCode.full : exitCode.io,
    code: 'file',
    message: `${path} ${reasons[code] ?? `could not be read or written (${code})`}.`,
  };
}

/** What to tell of an error. Anything that is not foreseen is a defect of ours. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError) {
    const [exit, defaultHint] = usage[error.problem];
    const hint = error.hint ?? defaultHint;
    return {
      exitCode: exit,
      code: error.problem,
      message: error.message,
      ...(hint !== undefined && { hint }),
    };
  }
  if (error instanceof KeystoreError) {
    const [exit, hint] = keystore[error.problem];
    return {
      exitCode: exit,
      code: `keystore-${error.problem}`,
      message: error.message,
      ...(hint !== undefined && { hint }),
    };
  }
  if (error instanceof TransportError)
    return {
      exitCode: transport[error.problem],
      code: `transport-${error.problem}`,
      message: error.message,
      hint: error.hint,
    };
  if (error instanceof CommanderError) return commanderFailure(error);
  if (error instanceof Interrupted)
    return {
      exitCode: exitCode.interrupted,
      code: 'interrupted',
      message: 'Interrupted; nothing was changed.',
    };
  const file = error instanceof Error ? fileFailure(error) : undefined;
  if (file) return file;
  return {
    exitCode: exitCode.bug,
    code: 'bug',
    message: `This is a defect of fauxkey: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Run it again with --verbose to see where, and report it, please.',
  };
}
