import type { Command } from 'commander';
import { exitCode } from '../exit-codes.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { count, print, printJson } from '../output.ts';
import { confirm } from '../prompt.ts';

interface ResetOptions extends KeyOptions {
  readonly yes?: boolean;
}

export async function reset(cli: Cli, options: ResetOptions): Promise<void> {
  await withKey(cli, options, async (key) => {
    const deleted = key.credentials().length;
    const what = `${count(deleted, 'credential')}, the PIN and all settings`;
    if (!options.yes && !(await confirm(cli.io, `Reset key ${key.key}: erase ${what}?`))) {
      cli.exitCode = exitCode.negative;
      print(cli, 'Nothing was changed.');
      return;
    }
    await key.reset();
    if (options.json) printJson(cli, { reset: true, deleted });
    else print(cli, `Key ${key.key} is as new: ${what} are gone.`);
  });
}

export function registerReset(program: Command, cli: Cli): void {
  const command = program
    .command('reset')
    .summary('reset a key to its factory state')
    .description('Factory reset: credentials, PIN and settings are gone, as after authenticatorReset.')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  $ fauxkey reset\n  $ fauxkey reset --key work --yes')
    .action((options: ResetOptions) => reset(cli, options));
  addKeyOptions(addJsonOption(command));
}
