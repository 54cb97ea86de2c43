import type { Command } from 'commander';
import { UsageError } from '../../ports/errors.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson } from '../output.ts';

interface ExportOptions extends KeyOptions {
  readonly withSecrets?: boolean;
  readonly output?: string;
  readonly force?: boolean;
}

export async function exportKey(cli: Cli, options: ExportOptions): Promise<void> {
  const { output } = options;
  const document = await withKey(cli, options, (key) =>
    key.exportDocument({ withSecrets: options.withSecrets === true }),
  );
  if (output === undefined || output === '-') {
    printJson(cli, document);
    return;
  }
  try {
    await cli.io.writeFile(output, `${JSON.stringify(document, undefined, 2)}\n`, options.force === true);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`${output} exists already.`, { hint: 'Add --force to replace it.' });
    throw error;
  }
  if (!options.json)
    print(cli, `Key ${options.key} is in ${output}${options.withSecrets ? ', private keys included' : ''}.`);
}

export function registerExport(program: Command, cli: Cli): void {
  const command = program
    .command('export')
    .summary('write a key to a JSON document')
    .description('Write a key to a JSON document. Only one with secrets can be imported again.')
    .option('--with-secrets', 'include the private keys (PKCS#8): who reads the file can sign in')
    .option(
      '-o, --output <file>',
      'file to write, readable by its owner only; the default is the standard output',
    )
    .option('--force', 'replace the file if it exists')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fauxkey export\n  $ fauxkey export --with-secrets --output key.json',
    )
    .action((options: ExportOptions) => exportKey(cli, options));
  addKeyOptions(addJsonOption(command, 'print errors as JSON; the document is JSON anyway'));
}
