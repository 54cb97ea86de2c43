import type { Command } from 'commander';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, selectKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson } from '../output.ts';

export async function powerCycle(cli: Cli, options: KeyOptions): Promise<void> {
  const { pid } = await cli.app.powerCycle(await selectKey(cli, options));
  if (options.json) printJson(cli, { powerCycled: true, pid });
  else print(cli, `Key ${options.key} was pulled out and put back (process ${String(pid)}).`);
}

export function registerPowerCycle(program: Command, cli: Cli): void {
  const command = program
    .command('power-cycle')
    .summary('pull a running key out and put it back')
    .description(
      'Pull a running key out and put it back: tokens, channels and the block after three wrong PINs are gone,\n' +
        'what is stored stays. The ten seconds in which a browser may reset the key begin again.',
    )
    .addHelpText('after', '\nExamples:\n  $ fauxkey power-cycle\n  $ fauxkey power-cycle --key work')
    .action((options: KeyOptions) => powerCycle(cli, options));
  addKeyOptions(addJsonOption(command));
}
