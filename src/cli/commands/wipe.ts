import type { Command } from 'commander';
import { printable } from '../../consent/text/printable.ts';
import { ofSite } from '../credential-view.ts';
import { exitCode } from '../exit-codes.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { count, print, printJson } from '../output.ts';
import { confirm } from '../prompt.ts';

interface WipeOptions extends KeyOptions {
  readonly site?: string;
  readonly yes?: boolean;
}

export async function wipe(cli: Cli, options: WipeOptions): Promise<void> {
  await withKey(cli, options, async (key) => {
    const all = key.credentials();
    const chosen = options.site === undefined ? all : ofSite(all, options.site);
    const what = `${count(chosen.length, 'credential')}${options.site === undefined ? '' : ` of ${printable(options.site)}`}`;
    if (
      chosen.length > 0 &&
      !options.yes &&
      !(await confirm(cli.io, `Delete ${what} from key ${key.key}?`))
    ) {
      cli.exitCode = exitCode.negative;
      print(cli, 'Nothing was deleted.');
      return;
    }
    const deleted = await key.remove(chosen.map(({ id }) => id));
    if (options.json) printJson(cli, { deleted });
    else print(cli, `Deleted ${what} from key ${key.key}.`);
  });
}

export function registerWipe(program: Command, cli: Cli): void {
  const command = program
    .command('wipe')
    .summary('delete all credentials, or all of one site')
    .description('Delete all credentials of a key, or all of one site. The PIN and the settings stay.')
    .option('--site <rp-id>', 'only those of one site')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  $ fauxkey wipe\n  $ fauxkey wipe --site example.com --yes')
    .action((options: WipeOptions) => wipe(cli, options));
  addKeyOptions(addJsonOption(command));
}
