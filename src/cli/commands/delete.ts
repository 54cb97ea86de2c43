import type { Command } from 'commander';
import { findCredential, toBase64url } from '../credential-id.ts';
import { accountOf, siteOf } from '../credential-view.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson } from '../output.ts';

export async function deleteCredentials(
  cli: Cli,
  ids: readonly string[],
  options: KeyOptions,
): Promise<void> {
  await withKey(cli, options, async (key) => {
    const all = key.credentials();
    // Every id is looked up before the first is deleted: one that is wrong leaves all of them alone.
    const chosen = [...new Set(ids.map((id) => findCredential(all, id)))];
    await key.remove(chosen.map(({ id }) => id));
    if (options.json) printJson(cli, { deleted: chosen.map(({ id }) => toBase64url(id)) });
    else print(cli, ...chosen.map((each) => `Deleted ${siteOf(each)} (${accountOf(each)}).`));
  });
}

export function registerDelete(program: Command, cli: Cli): void {
  const command = program
    .command('delete')
    .alias('rm')
    .argument('<id...>', 'credential ids, or the first digits of each, in hex or base64url')
    .summary('delete credentials')
    .description('Delete credentials: all that are named, or none if one of them is not found.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fauxkey delete 3f9a 77c01e\n  $ fauxkey delete --key work -- -Xk3base64url',
    )
    .action((ids: string[], options: KeyOptions) => deleteCredentials(cli, ids, options));
  addKeyOptions(addJsonOption(command));
}
