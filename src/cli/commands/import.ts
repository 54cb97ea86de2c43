import { Option } from 'commander';
import type { Command } from 'commander';
import type { ImportOptions } from '../../app/api-admin.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { count, print, printJson } from '../output.ts';
import { readInput } from '../prompt.ts';

type ImportCommandOptions = KeyOptions & ImportOptions;

export async function importKey(cli: Cli, file: string, options: ImportCommandOptions): Promise<void> {
  const text = file === '-' ? await readInput(cli.io) : await cli.io.readFile(file);
  const report = await withKey(
    cli,
    options,
    (key) => key.importDocument(text, { onConflict: options.onConflict }),
    { create: true },
  );
  if (options.json) {
    printJson(cli, report);
    return;
  }
  const { added, replaced, skipped } = report;
  const extras = [
    ...(replaced > 0 ? [`${String(replaced)} replaced`] : []),
    ...(skipped > 0 ? [`${String(skipped)} skipped`] : []),
  ].join(', ');
  print(cli, `Imported ${count(added, 'credential')} into key ${options.key}${extras && ` (${extras})`}.`);
}

export function registerImport(program: Command, cli: Cli): void {
  const command = program
    .command('import')
    .argument('<file>', 'exported document; - reads the standard input')
    .summary('add the credentials of a JSON document')
    .description(
      'Add the credentials of an exported document to a key: all of them, or none if one is not valid.',
    )
    .addOption(
      new Option('--on-conflict <rule>', 'what to do with a credential that exists already')
        .choices(['fail', 'skip', 'replace'])
        .default('fail'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ fauxkey import key.json\n  $ fauxkey import --key copy --on-conflict replace key.json',
    )
    .action((file: string, options: ImportCommandOptions) => importKey(cli, file, options));
  addKeyOptions(addJsonOption(command));
}
