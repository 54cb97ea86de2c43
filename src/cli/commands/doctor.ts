import type { Command } from 'commander';
import { UsageError } from '../../ports/errors.ts';
import type { Check, Probes } from '../doctor/check.ts';
import type { Hands } from '../doctor/hands.ts';
import type { Installation } from '../doctor/install.ts';
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
  readonly yes?: boolean;
}

/** The machine that is looked at, and changed if that is wanted. */
export interface Patient {
  readonly probes: Probes;
  readonly hands: Hands;
}

async function thisMachine(): Promise<Patient> {
  const { systemProbes } = await import('../doctor/system-probes.ts');
  const { systemHands } = await import('../doctor/system-hands.ts');
  return { probes: systemProbes(), hands: systemHands() };
}

/** Installs what the checks miss, if the person wants it; undefined if there is nothing to install. */
async function mend(
  cli: Cli,
  { probes, hands }: Patient,
  checks: readonly Check[],
  yes: boolean,
): Promise<Installation | undefined> {
  const { planInstallation } = await import('../doctor/install-plan.ts');
  const plan = planInstallation(probes, hands, checks);
  if (plan.length === 0) return undefined;
  const { install } = await import('../doctor/install.ts');
  return install(cli.io, probes, hands, plan, yes);
}

async function printInstallation(cli: Cli, installation: Installation): Promise<void> {
  const { wordInstallation } = await import('../doctor/install.ts');
  const { sentence, commands } = wordInstallation(installation);
  const { dim, bold } = colours(cli);
  print(cli, sentence, ...commands.map((command) => `    ${dim('$')} ${bold(command)}`), '');
}

/** `patient` answers for the machine; without it, this machine does. */
export async function doctor(cli: Cli, options: DoctorOptions, patient?: Patient): Promise<void> {
  const { fix = false, yes = false } = options;
  if (yes && !fix) throw new UsageError('--yes answers the question of --fix, which was not given.');
  const { examine } = await import('../doctor/examine.ts');
  const machine = patient ?? (await thisMachine());
  const selection = await selectKey(cli, options);
  const found = await examine(machine.probes, cli.app, selection, fix);
  const installation = fix ? await mend(cli, machine, found, yes) : undefined;
  const checks =
    installation?.outcome === 'installed' ? await examine(machine.probes, cli.app, selection, fix) : found;
  const failed = checks.filter(({ status }) => status === 'fail').length;
  if (options.json) printJson(cli, { ok: failed === 0, checks, ...(installation && { installation }) });
  else {
    if (installation) await printInstallation(cli, installation);
    for (const check of checks) printCheck(cli, check);
    print(
      cli,
      '',
      failed === 0
        ? 'A browser on this machine can see a key.'
        : `${count(failed, 'thing stands', 'things stand')} between a key and a browser on this machine.`,
    );
  }
  if (failed > 0 || installation?.outcome === 'failed') cli.exitCode = exitCode.negative;
}

export function registerDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .summary('check why a browser does not see the key, and how to mend it')
    .description(
      'Check everything between a key and a browser that sees it, with the command that mends each problem.\n' +
        'Changes nothing unless --fix is given. Ends with 1 if a browser could not see a key.',
    )
    .option(
      '--fix',
      'take away the rights that other users have to the keystore and to sockets; install the udev rule and load the ' +
        'module uhid, after asking',
    )
    .option('-y, --yes', 'with --fix: do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fauxkey doctor\n  $ fauxkey doctor --fix\n  $ fauxkey doctor --fix --yes --json',
    )
    .action((options: DoctorOptions) => doctor(cli, options));
  addKeyOptions(addJsonOption(command));
}
