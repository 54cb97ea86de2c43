import type { Command } from 'commander';
import type { Credential } from '../../ports/credential.ts';
import { shortIds } from '../credential-id.ts';
import { accountOf, algorithmOf, credentialJson, ofSite, siteOf } from '../credential-view.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withReadableKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Column } from '../table.ts';
import { formatAgo, formatDateTime } from '../time.ts';

interface ListOptions extends KeyOptions {
  readonly site?: string;
}

const columns: readonly Column[] = [
  { title: 'SITE', shorten: 'start' },
  { title: 'ACCOUNT', shorten: 'end' },
  { title: 'DISCOVERABLE' },
  { title: 'ALGORITHM' },
  { title: 'COUNTER', align: 'right' },
  { title: 'CREATED' },
  { title: 'LAST USED' },
  { title: 'ID' },
];

function row(credential: Credential, id: string, now: number): string[] {
  return [
    siteOf(credential),
    accountOf(credential),
    credential.discoverable ? 'yes' : 'no',
    algorithmOf(credential),
    credential.signCount === null ? '–' : String(credential.signCount),
    formatDateTime(credential.createdAt),
    credential.lastUsedAt === undefined ? 'never' : formatAgo(credential.lastUsedAt, now),
    id,
  ];
}

export async function list(cli: Cli, options: ListOptions): Promise<void> {
  await withReadableKey(cli, options, (key) => {
    const all = key.credentials();
    const shown = options.site === undefined ? all : ofSite(all, options.site);
    if (options.json) printJson(cli, shown.map(credentialJson));
    else if (shown.length === 0)
      print(
        cli,
        `Key ${key.key} has no credentials${options.site === undefined ? '' : ` of ${options.site}`}.`,
      );
    else {
      const shortId = shortIds(all);
      const now = cli.io.now();
      printTable(
        cli,
        columns,
        shown.map((credential) => row(credential, shortId(credential), now)),
      );
    }
  });
}

export function registerList(program: Command, cli: Cli): void {
  const command = program
    .command('list')
    .alias('ls')
    .summary('list the credentials of a key')
    .description('List the credentials of a key, newest first. Works while the key runs.')
    .option('--site <rp-id>', 'only those of one site')
    .addHelpText('after', '\nExamples:\n  $ fauxkey list\n  $ fauxkey list --site example.com --json')
    .action((options: ListOptions) => list(cli, options));
  addKeyOptions(addJsonOption(command));
}
