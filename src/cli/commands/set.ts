import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CredentialChange } from '../../app/api-admin.ts';
import { UsageError } from '../../ports/errors.ts';
import { findCredential } from '../credential-id.ts';
import { accountOf, credentialJson, siteOf, wordBackup, wordCounter } from '../credential-view.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson } from '../output.ts';

interface SetOptions extends KeyOptions {
  readonly backupEligible?: 'yes' | 'no';
  readonly backupState?: 'yes' | 'no';
  readonly counter?: number | 'none';
  readonly userName?: string;
  readonly displayName?: string;
  readonly force?: boolean;
}

/** Not `null` for none: commander takes that for an option without a value. */
export function parseCounter(text: string): number | 'none' {
  if (text === 'none') return text;
  if (!/^\d{1,10}$/.test(text))
    throw new InvalidArgumentError('It is a whole number, or none for a counter that is always zero.');
  return Number(text);
}

function toChange(options: SetOptions): CredentialChange {
  const { backupEligible, backupState, counter, displayName, userName } = options;
  return {
    ...(backupEligible && { backupEligible: backupEligible === 'yes' }),
    ...(backupState && { backupState: backupState === 'yes' }),
    ...(counter !== undefined && { signCount: counter === 'none' ? null : counter }),
    ...(userName !== undefined && { userName }),
    ...(displayName !== undefined && { displayName }),
    force: options.force === true,
  };
}

export async function setCredential(cli: Cli, id: string, options: SetOptions): Promise<void> {
  const change = toChange(options);
  if (Object.keys(change).length === 1)
    throw new UsageError('Nothing to change was given.', { hint: 'See `fauxkey set --help`.' });
  await withKey(cli, options, async (key) => {
    const changed = await key.change(findCredential(key.credentials(), id).id, change);
    if (options.json) printJson(cli, credentialJson(changed));
    else
      print(
        cli,
        `${siteOf(changed)} (${accountOf(changed)}): counter ${wordCounter(changed)}, ${wordBackup(changed)}.`,
      );
  });
}

export function registerSet(program: Command, cli: Cli): void {
  const yesOrNo = (flags: string, text: string) => new Option(flags, text).choices(['yes', 'no']);
  const command = program
    .command('set')
    .argument('<id>', 'credential id, or the first digits of it, in hex or base64url')
    .summary('change a stored credential')
    .description('Change what a stored credential says of itself. A running key obeys at once.')
    .addOption(yesOrNo('--backup-eligible <yes|no>', 'whether it may be synced (flag BE)'))
    .addOption(yesOrNo('--backup-state <yes|no>', 'whether it is synced now (flag BS)'))
    .option('--counter <number|none>', 'the last signature counter; none is always zero', parseCounter)
    .option('--user-name <text>', 'name of the account; empty takes it away')
    .option('--display-name <text>', 'display name of the account; empty takes it away')
    .option('--force', 'let the counter go back, as on a copied key')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ fauxkey set 3f9a --backup-eligible yes --backup-state yes --counter none --force\n' +
        '  $ fauxkey set 3f9a --counter 1 --force',
    )
    .action((id: string, options: SetOptions) => setCredential(cli, id, options));
  addKeyOptions(addJsonOption(command));
}
