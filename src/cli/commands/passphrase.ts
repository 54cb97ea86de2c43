import { Option } from 'commander';
import type { Command } from 'commander';
import { UsageError } from '../../ports/errors.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, selectKey, withPassphrase } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson } from '../output.ts';
import { askLine, canAsk } from '../prompt.ts';

interface PassphraseOptions extends KeyOptions {
  readonly newPassphraseFile?: string;
}

const variable = 'FAUXKEY_NEW_PASSPHRASE';

/** Twice on the terminal: nobody sees what they type. */
async function askNew({ io }: Cli): Promise<string> {
  if (!canAsk(io))
    throw new UsageError('The new passphrase is missing, and nobody can be asked here.', {
      hint: `Give it with --new-passphrase-file FILE or in ${variable}.`,
    });
  const first = await askLine(io, 'New passphrase: ', true);
  if ((await askLine(io, 'The new passphrase again: ', true)) !== first)
    throw new UsageError('The two passphrases are not the same; nothing was changed.');
  return first;
}

async function readNew(cli: Cli, { newPassphraseFile: file }: PassphraseOptions): Promise<string> {
  if (file !== undefined) return (await cli.io.readFile(file)).replace(/\r?\n$/, '');
  return cli.io.env[variable] ?? askNew(cli);
}

async function seal(
  cli: Cli,
  options: PassphraseOptions,
  choose: () => Promise<string | undefined>,
  word: (directory: string) => string,
): Promise<void> {
  const selection = await selectKey(cli, options);
  const { keystore } = await withPassphrase(cli, selection, (chosen) =>
    cli.app.setPassphrase(chosen, choose),
  );
  if (options.json) printJson(cli, { done: true, keystore });
  else print(cli, word(keystore));
}

export function passphraseSet(cli: Cli, options: PassphraseOptions): Promise<void> {
  return seal(
    cli,
    options,
    () => readNew(cli, options),
    (directory) => `The keystore in ${directory} opens with the new passphrase only.`,
  );
}

export function passphraseRemove(cli: Cli, options: PassphraseOptions): Promise<void> {
  return seal(
    cli,
    options,
    () => Promise.resolve(undefined),
    (directory) => `The keystore in ${directory} opens without a passphrase, by the key file in it.`,
  );
}

export function registerPassphrase(program: Command, cli: Cli): void {
  const passphrase = program
    .command('passphrase')
    .summary('seal the keystore with a passphrase, or with a key file again')
    .description(
      'The passphrase of a keystore, for all its keys. A running key goes on; its next start asks. A passphrase that is\n' +
        'forgotten cannot be found or set anew: only an export that was made before brings the credentials back.',
    )
    .addHelpText('after', '\nExamples:\n  $ fauxkey passphrase set\n  $ fauxkey passphrase remove');
  const set = passphrase
    .command('set')
    .description('Set or change the passphrase.')
    .addOption(new Option('--new-passphrase-file <file>', `the new passphrase (${variable})`))
    .addHelpText(
      'after',
      '\nExamples:\n  $ fauxkey passphrase set\n' +
        '  $ fauxkey passphrase set --passphrase-file old.txt --new-passphrase-file new.txt',
    )
    .action((options: PassphraseOptions) => passphraseSet(cli, options));
  const remove = passphrase
    .command('remove')
    .description('Take the passphrase away: a key file that only you may read takes its place.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey passphrase remove')
    .action((options: PassphraseOptions) => passphraseRemove(cli, options));
  for (const command of [set, remove]) addKeyOptions(addJsonOption(command));
}
