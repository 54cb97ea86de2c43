import type { Command } from 'commander';
import type { Check, Probes } from '../doctor/check.ts';
import { exitCode } from '../exit-codes.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, selectKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { colours, count, print, printJson } from '../output.ts';

function printCheck(cli: Cli, { status, message, fix }: Check): void {
  const { green, yellow, red, dim, bold } = colours(cli);
  const mark = { ok: green('✓'), warn: yellow('!'), fail: red('✗') }[status];
  print(cli, `${mark} ${message}`, ...(fix ?? []).map((command) => `    ${dim('$')} ${bold(command)}`));
}

interface DoctorOptions extends KeyOptions {
  readonly fix?: boolean;
}

/** `probes` answers for the machine; without it, this machine does. */
export async function doctor(cli: Cli, options: DoctorOptions, probes?: Probes): Promise<void> {
  const { examine } = await import('../doctor/examine.ts');
  const machine = probes ?? (await import('../doctor/system-probes.ts')).systemProbes();
  const checks = await examine(machine, cli.app, await selectKey(cli, options), options.fix === true);
  const failed = checks.filter(({ status }) => status === 'fail').length;
  if (options.json) printJson(cli, { ok: failed === 0, checks });
  else {
    for (const check of checks) printCheck(cli, check);
    print(
      cli,
      '',
      failed === 0
        ? 'A browser on this machine can see a key.'
        : `${count(failed, 'thing stands', 'things stand')} between a key and a browser on this machine.`,
    );
  }
  if (failed > 0) cli.exitCode = exitCode.negative;
}

export function registerDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .summary('check why a browser does not see the key, and how to mend it')
    .description(
      'Check everything between a key and a browser that sees it, with the command that mends each problem.\n' +
        'Changes nothing unless --fix is given. Ends with 1 if a browser could not see a key.',
    )
    .option('--fix', 'take away the rights that other users have to the keystore and to sockets')
    .addHelpText('after', '\nExamples:\n  $ fauxkey doctor\n  $ fauxkey doctor --fix --json')
    .action((options: DoctorOptions) => doctor(cli, options));
  addKeyOptions(addJsonOption(command));
}
