import type { Command } from 'commander';
import type { ExtensionInfo } from '../../app/api.ts';
import type { Cli } from '../io.ts';
import { addJsonOption } from '../key-options.ts';
import { print, printJson } from '../output.ts';

function wordPairings({ pairings }: ExtensionInfo): readonly string[] {
  if (pairings.length > 0) {
    return pairings.map(({ keys, pairing }) => `Pair it with  ${pairing}  (${keys.join(', ')})`);
  }
  return [
    'Pair it with  No key with a control server is running. Start one with `fauxkey start --control`,',
    '              then run this again.',
  ];
}

export async function extension(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  const info = await cli.app.describeExtension();
  if (json) {
    printJson(cli, info);
    return;
  }
  print(
    cli,
    `Folder        ${info.folder}`,
    'Load it       chrome://extensions, Developer mode, Load unpacked: choose the folder',
    ...wordPairings(info),
  );
  if (info.pairings.length > 0) print(cli, 'Whoever has a pairing string can use and change the keys.');
}

export function registerExtension(program: Command, cli: Cli): void {
  const command = program
    .command('extension')
    .summary('show the browser extension and pair it')
    .description(
      'The folder of the extension for Chromium and Edge, by which a key of this machine answers every site without a\n' +
        'driver, and the string that pairs it with the keys that run.',
    )
    .addHelpText('after', '\nExamples:\n  $ fauxkey start --control 7111 &\n  $ fauxkey extension')
    .action((options: { readonly json?: boolean }) => extension(cli, options));
  addJsonOption(command);
}
