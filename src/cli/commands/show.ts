import type { Command } from 'commander';
import { printable } from '../../consent/text/printable.ts';
import type { Credential } from '../../ports/credential.ts';
import { findCredential, toBase64url, toHex } from '../credential-id.ts';
import {
  accountOf,
  algorithmOf,
  credentialJson,
  siteOf,
  wordBackup,
  wordCounter,
} from '../credential-view.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withReadableKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printFacts, printJson } from '../output.ts';
import { formatAgo, formatDateTime } from '../time.ts';

const protectionNames = {
  1: '1 (verification optional)',
  2: '2 (verification optional with an id list)',
  3: '3 (verification required)',
} as const;

function features(credential: Credential): string {
  const all: [string, boolean][] = [
    ['credBlob', credential.credBlob !== undefined],
    ['largeBlob', credential.largeBlob !== undefined],
    ['thirdPartyPayment', credential.thirdPartyPayment],
  ];
  return (
    all
      .filter(([, present]) => present)
      .map(([name]) => name)
      .join(', ') || 'none'
  );
}

function facts(credential: Credential, now: number): [string, string][] {
  const { user, lastUsedAt, createdAt, rpName } = credential;
  return [
    ['Site', siteOf(credential)],
    ...(rpName ? [['Calls itself', printable(rpName)] as [string, string]] : []),
    ['Account', accountOf(credential)],
    ['User id', user ? `${toBase64url(user.id)} (hex ${toHex(user.id)})` : '–'],
    ['Credential', toBase64url(credential.id)],
    ['… in hex', toHex(credential.id)],
    ['Discoverable', credential.discoverable ? 'yes' : 'no'],
    ['Made over', credential.protocol === 'u2f' ? 'U2F' : 'CTAP2'],
    ['Algorithm', algorithmOf(credential)],
    ['Counter', wordCounter(credential)],
    ['Backup', wordBackup(credential)],
    ['Protection', protectionNames[credential.credProtect]],
    ['Extras', features(credential)],
    ['Created', formatDateTime(createdAt)],
    [
      'Last used',
      lastUsedAt === undefined ? 'never' : `${formatDateTime(lastUsedAt)} (${formatAgo(lastUsedAt, now)})`,
    ],
  ];
}

export async function show(cli: Cli, id: string, options: KeyOptions): Promise<void> {
  await withReadableKey(cli, options, (key) => {
    const credential = findCredential(key.credentials(), id);
    if (options.json) printJson(cli, credentialJson(credential));
    else {
      print(cli, `Credential of ${siteOf(credential)} on key ${key.key}`);
      printFacts(cli, facts(credential, cli.io.now()));
    }
  });
}

export function registerShow(program: Command, cli: Cli): void {
  const command = program
    .command('show')
    .argument('<id>', 'credential id, or the first digits of it, in hex or base64url')
    .summary('show one credential')
    .description('Show everything about one credential but its secrets.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey show 3f9a\n  $ fauxkey show --json -- -Xk3base64url')
    .action((id: string, options: KeyOptions) => show(cli, id, options));
  addKeyOptions(addJsonOption(command));
}
