import { Option } from 'commander';
import type { Command } from 'commander';
import type { OpenKey, ReadableKey } from '../app/api-admin.ts';
import type { KeySelection } from '../app/api-start.ts';
import { UsageError } from '../ports/errors.ts';
import { KeystoreError } from '../ports/keystore.ts';
import type { Cli } from './io.ts';
import { askLine, canAsk } from './prompt.ts';

/** Options that say which key of which store. */
export interface KeyOptions {
  readonly keystore?: string;
  readonly key: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

/** Adds them to a command, below its own. */
export function addKeyOptions(command: Command): Command {
  return command
    .addOption(new Option('--keystore <dir>', 'directory of the keystore (FAUXKEY_KEYSTORE)'))
    .addOption(new Option('--key <name>', 'which key of the keystore').default('default', '"default"'))
    .addOption(
      new Option('--passphrase-file <file>', 'passphrase of a sealed keystore (FAUXKEY_PASSPHRASE)'),
    );
}

/** `--json`, and the `--verbose` that shows where a defect is. */
export function addJsonOption(command: Command, description = 'print JSON'): Command {
  return command.option('--json', description).addOption(new Option('-v, --verbose').hideHelp());
}

async function readPassphrase(cli: Cli, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return cli.io.env['FAUXKEY_PASSPHRASE'] || undefined;
  return (await cli.io.readFile(file)).replace(/\r?\n$/, '');
}

/** The key that the options and the environment select. */
export async function selectKey(cli: Cli, options: KeyOptions): Promise<KeySelection> {
  // An empty variable of a script must not lead to another store than the one that was meant.
  if (options.keystore === '') throw new UsageError('--keystore names no directory.');
  const keystore = options.keystore ?? (cli.io.env['FAUXKEY_KEYSTORE'] || undefined);
  const passphrase = await readPassphrase(cli, options.passphraseFile);
  return {
    key: options.key,
    ...(keystore !== undefined && { keystore }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

/** Runs `open`; asks for the passphrase if the store turns out to need one, none was given, and somebody is there. */
export async function withPassphrase<S extends KeySelection, T>(
  cli: Cli,
  selection: S,
  open: (selection: S) => Promise<T>,
): Promise<T> {
  try {
    return await open(selection);
  } catch (error) {
    const missing = error instanceof KeystoreError && error.problem === 'passphrase';
    if (!missing || selection.passphrase !== undefined || !canAsk(cli.io)) throw error;
    return open({ ...selection, passphrase: await askLine(cli.io, 'Passphrase of the keystore: ', true) });
  }
}

/** As `withKey`, for a command that only lists. */
export async function withReadableKey<T>(
  cli: Cli,
  options: KeyOptions,
  work: (key: ReadableKey) => T | Promise<T>,
): Promise<T> {
  const selection = await selectKey(cli, options);
  const key = await withPassphrase(cli, selection, (chosen) => cli.app.readKey(chosen));
  try {
    return await work(key);
  } finally {
    await key.close();
  }
}

/** Opens the selected key for `work` and closes it on every path. */
export async function withKey<T>(
  cli: Cli,
  options: KeyOptions,
  work: (key: OpenKey) => T | Promise<T>,
  { create = false } = {},
): Promise<T> {
  const selection = await selectKey(cli, options);
  const key = await withPassphrase(cli, selection, (chosen) => cli.app.openKey(chosen, { create }));
  try {
    return await work(key);
  } finally {
    await key.close();
  }
}
