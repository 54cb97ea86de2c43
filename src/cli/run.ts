import { CommanderError } from 'commander';
import type { Command } from 'commander';
import type { App } from '../app/api.ts';
import { exitCode } from './exit-codes.ts';
import { describeFailure } from './failure.ts';
import type { Cli, Io } from './io.ts';
import { createProgram } from './program.ts';
import { reportFailure } from './report-failure.ts';

/** Options before `--`; also right when the command line cannot be understood otherwise. */
function hasFlag(args: readonly string[], ...flags: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((argument) => flags.includes(argument));
}

/** The help page that fits a mistake: that of the command, if it got as far as naming one. */
function helpHint(program: Command, args: readonly string[]): string {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const name = args.find((argument) => names.includes(argument));
  return `See \`fauxkey ${name === undefined ? '' : `${name} `}--help\`.`;
}

function report(io: Io, program: Command, args: readonly string[], error: unknown): number {
  const described = describeFailure(error);
  const failure =
    described.hint === undefined && described.exitCode === exitCode.usage
      ? { ...described, hint: helpHint(program, args) }
      : described;
  const code = reportFailure(io, failure, hasFlag(args, '--json'));
  if (failure.exitCode === exitCode.bug && hasFlag(args, '--verbose', '-v') && error instanceof Error)
    io.stderr.write(`${error.stack ?? ''}\n`);
  return code;
}

/** The command line without the process around it: takes the arguments after the program's name, returns the exit code. */
export async function run(args: readonly string[], io: Io, app: App, version: string): Promise<number> {
  const cli: Cli = { io, app, version, exitCode: exitCode.ok };
  const program = createProgram(cli);
  try {
    if (args.length === 0) {
      io.stdout.write(program.helpInformation());
      return exitCode.usage;
    }
    await program.parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.ok;
    return report(io, program, args, error);
  }
}
