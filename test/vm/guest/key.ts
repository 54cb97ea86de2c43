/** Fauxkey in the guest: the running key, and its command line. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './places.ts';
import { output, startDaemon, type Daemon } from './process.ts';
import type { Scope } from './suite.ts';
import { until } from './until.ts';

export const PROGRAM = join(CHECKOUT, 'bin/fauxkey.js');
const START_LIMIT_SECONDS = 90;

export interface KeyOptions {
  readonly keystore: string;
  readonly consent?: 'auto' | 'deny';
  /** Built-in user verification. */
  readonly uv?: boolean;
  /** `uhid` unless given; of a USB/IP server, the key is attached too. */
  readonly transport?: `usbip:${string}`;
  /** More of `fauxkey start`: what kind of key it is. */
  readonly args?: readonly string[];
}

/** What a running key prints with `--json --verbose`: commands, questions, answers. */
export type KeyEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Key {
  readonly node: string;
  readonly keystore: string;
  /** All that the key has told so far. */
  readonly events: () => KeyEvent[];
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Runs one command of the command line on a keystore; answers what it printed. */
export function fauxkey(keystore: string, args: readonly string[], input?: string): Promise<string> {
  const options = input === undefined ? {} : { input };
  return output(process.execPath, [PROGRAM, ...args, '--keystore', keystore], options);
}

/** Starts a key that the kernel sees, and waits until udev has given its node to the users of security keys. */
export async function startKey(scope: Scope, name: string, options: KeyOptions): Promise<Key> {
  const before = new Set(hidrawNodes());
  const { transport = 'uhid', consent = 'auto', uv = false } = options;
  const args = ['start', '--json', '--verbose', '--transport', transport, '--keystore', options.keystore];
  args.push('--consent', consent, ...(uv ? ['--uv'] : []), ...(options.args ?? []));
  const daemon = startDaemon(scope, `key-${name}`, process.execPath, [PROGRAM, ...args]);
  await until('word from the key that it is ready', START_LIMIT_SECONDS, () => {
    requireAlive(daemon);
    return daemon.printed().includes('"event":"ready"');
  });
  if (transport !== 'uhid') await attach(transport.slice('usbip:'.length));
  const node = await until('new hidraw node that udev calls a security key', START_LIMIT_SECONDS, () => {
    requireAlive(daemon);
    return newNode(before);
  });
  const stop = async (signal?: NodeJS.Signals): Promise<void> => {
    await daemon.stop(signal);
    await until(`end of ${node}`, 20, () => !existsSync(node));
  };
  return { node, keystore: options.keystore, events: () => parseEvents(daemon.printed()), stop };
}

/** Makes the free keys of a USB/IP server USB devices; answers what was said. */
export function attach(address: string): Promise<string> {
  return output(process.execPath, [PROGRAM, 'attach', address]);
}

/** A node that was not there before, and that udev calls a security key. */
export function newNode(before: ReadonlySet<string>): string | undefined {
  return hidrawNodes().find((each) => !before.has(each) && isTagged(each));
}

/** Waits until the key has told of something with these members; browsers may know the outcome a moment earlier. */
export async function requireEvent(key: Key, members: Readonly<Record<string, unknown>>): Promise<void> {
  const wanted = Object.entries(members);
  await until(`event ${JSON.stringify(members)} of the key`, 10, () =>
    key.events().some((event) => wanted.every(([name, value]) => event[name] === value)),
  );
}

/** The last line may be on its way. */
function parseEvents(printed: string): KeyEvent[] {
  const lines = printed.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as KeyEvent);
}

function requireAlive(daemon: Daemon): void {
  if (daemon.child.exitCode !== null) {
    throw new Error(`the key ended with ${daemon.child.exitCode}: ${daemon.printed()}`);
  }
}

export function hidrawNodes(): string[] {
  return readdirSync('/dev')
    .filter((name) => /^hidraw\d+$/.test(name))
    .map((name) => `/dev/${name}`);
}

/** What udev's database says about a node: the rules have run when it says `ID_FIDO_TOKEN=1`. */
export function udevProperties(node: string): string[] {
  const numbers = `/sys/class/hidraw/${node.slice('/dev/'.length)}/dev`;
  if (!existsSync(numbers)) return [];
  const entry = `/run/udev/data/c${readFileSync(numbers, 'utf8').trim()}`;
  if (!existsSync(entry)) return [];
  const lines = readFileSync(entry, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('E:')).map((line) => line.slice(2));
}

function isTagged(node: string): boolean {
  return udevProperties(node).includes('ID_FIDO_TOKEN=1');
}
