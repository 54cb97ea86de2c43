import type { Command } from 'commander';
import type { KeyInfo, OpenKey } from '../../app/api-admin.ts';
import { printable } from '../../consent/text/printable.ts';
import { algorithmName } from '../../cose/algorithm.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printFacts, printJson } from '../output.ts';
import { wordPinStatus } from './pin.ts';

/** AAGUIDs are written like UUIDs. */
function formatAaguid(aaguid: string): string {
  return aaguid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function algorithmNames(info: KeyInfo): string[] {
  return info.algorithms.map((id) => algorithmName(id) ?? String(id));
}

/** The shape is in docs/info.md. */
function infoJson(key: OpenKey, info: KeyInfo): Record<string, unknown> {
  const credentials = key.credentials();
  return {
    key: key.key,
    keystore: key.keystore,
    keys: key.keys,
    running: info.running ?? null,
    profile: info.profile,
    aaguid: formatAaguid(info.aaguid),
    versions: info.versions,
    extensions: info.extensions,
    algorithms: algorithmNames(info),
    options: info.options,
    getInfo: info.getInfo ?? null,
    pin: key.pin.status(),
    credentials: {
      total: credentials.length,
      discoverable: credentials.filter(({ discoverable }) => discoverable).length,
    },
    signCount: info.signCount,
  };
}

function wordProfile({ profile: { changed, name, remembered }, running }: KeyInfo): string {
  if (!remembered) return `${name}, the default: this key never ran`;
  return [printable(name), changed ? 'changed by options' : '', running ? '' : 'when it last ran']
    .filter((part) => part !== '')
    .join(', ');
}

function capabilities(info: KeyInfo): [string, string][] {
  if (!info.getInfo) return [];
  const options = Object.entries(info.options).map(([name, value]) => (value ? name : `${name}=no`));
  return [
    ['Algorithms', algorithmNames(info).join(' ')],
    ['Extensions', info.extensions.join(' ') || 'none'],
    ['Options', options.join(' ')],
  ];
}

function facts(key: OpenKey, info: KeyInfo): [string, string][] {
  const credentials = key.credentials();
  const discoverable = credentials.filter((credential) => credential.discoverable).length;
  const others = key.keys.filter((name) => name !== key.key);
  return [
    ['Keystore', key.keystore],
    [
      'Running',
      info.running ? `yes, process ${String(info.running.pid)}: ${info.running.addresses.join(', ')}` : 'no',
    ],
    ['Profile', wordProfile(info)],
    ['PIN', wordPinStatus(key.pin.status())],
    ['Credentials', `${String(credentials.length)}, ${String(discoverable)} of them discoverable`],
    ['AAGUID', formatAaguid(info.aaguid)],
    ['Versions', info.versions.join(' ')],
    ...capabilities(info),
    ...(others.length > 0 ? [['Other keys', others.join(', ')] as [string, string]] : []),
  ];
}

export async function info(cli: Cli, options: KeyOptions): Promise<void> {
  await withKey(cli, options, async (key) => {
    const info = await key.info();
    if (options.json) printJson(cli, infoJson(key, info));
    else {
      print(cli, `Key ${key.key}`);
      printFacts(cli, facts(key, info));
    }
  });
}

export function registerInfo(program: Command, cli: Cli): void {
  const command = program
    .command('info')
    .summary('show what a key is and can do')
    .description('Show a key: where it is, whether it runs, its PIN, what it announces to browsers.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey info\n  $ fauxkey info --key work --json')
    .action((options: KeyOptions) => info(cli, options));
  addKeyOptions(addJsonOption(command));
}
