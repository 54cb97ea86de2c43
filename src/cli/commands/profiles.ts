import type { Command } from 'commander';
import type { Cli } from '../io.ts';
import { addJsonOption } from '../key-options.ts';
import { print, printJson, printTable } from '../output.ts';

interface ProfilesOptions {
  readonly json?: boolean;
}

export async function profiles(cli: Cli, name: string | undefined, options: ProfilesOptions): Promise<void> {
  if (name !== undefined) {
    printJson(cli, await cli.app.profileDocument(name));
    return;
  }
  const presets = await cli.app.presets();
  if (options.json) {
    printJson(cli, presets);
    return;
  }
  printTable(
    cli,
    [{ title: 'PROFILE' }, { title: 'WHAT THE KEY IS', shorten: 'end' }],
    presets.map((preset) => [preset.name, preset.summary]),
  );
  print(cli, '', 'Run one with `fauxkey start --profile NAME`; see its parts with `fauxkey profiles NAME`.');
}

export function registerProfiles(program: Command, cli: Cli): void {
  const command = program
    .command('profiles')
    .argument('[name]', 'print this profile in full; also a profile file, to check it')
    .summary('list the kinds of key that can be played')
    .description(
      'List the kinds of key that `start --profile` knows, or print one as JSON: the file to begin with for a kind of\n' +
        'your own. A file needs only what differs: {"extends": "ctap2.1", "maxDiscoverableCredentials": 5}.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ fauxkey profiles\n  $ fauxkey profiles ctap2.1 > my-key.json\n  $ fauxkey start --profile my-key.json',
    )
    .action((name: string | undefined, options: ProfilesOptions) => profiles(cli, name, options));
  addJsonOption(command);
}
