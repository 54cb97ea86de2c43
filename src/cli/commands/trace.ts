import { Option } from 'commander';
import type { Command } from 'commander';
import type { FollowedTrace, TraceWish } from '../../app/api.ts';
import { UsageError } from '../../ports/errors.ts';
import type { TraceEntry } from '../../trace/entry.ts';
import { renderExpanded, renderLine } from '../../trace/render.ts';
import type { Cli } from '../io.ts';
import { colours, print } from '../output.ts';
import { formatTime } from '../time.ts';
import { untilStopped } from '../until-stopped.ts';

interface TraceCommandOptions {
  readonly url?: string;
  readonly token?: string;
  readonly key?: string;
  readonly json?: boolean;
  /** A file, or `-` for the standard output. */
  readonly pcapng?: string;
  readonly secrets?: boolean;
  readonly follow: boolean;
  readonly past: boolean;
  readonly verbose?: boolean;
  readonly packets?: boolean;
}

function wishOf(cli: Cli, options: TraceCommandOptions): TraceWish {
  const { follow, json, key, past, pcapng, secrets = false, url } = options;
  const token = options.token ?? (cli.io.env['FAUXKEY_CONTROL_TOKEN'] || undefined);
  if (json && pcapng !== undefined) throw new UsageError('--json and --pcapng exclude each other.');
  if (pcapng === '') throw new UsageError('--pcapng names no file.');
  return {
    format: pcapng === undefined ? 'json-lines' : 'pcapng',
    follow,
    past,
    secrets,
    ...(url !== undefined && { url }),
    ...(token !== undefined && { token }),
    ...(key !== undefined && { key }),
  };
}

/** `14:05:09.123`. */
function timeOf({ time }: TraceEntry): string {
  const ms = String(Math.floor(time) % 1000).padStart(3, '0');
  return `${formatTime(time)}.${ms}`;
}

function show(cli: Cli, line: string, { packets = false, verbose }: TraceCommandOptions): void {
  const entry = JSON.parse(line) as TraceEntry;
  const palette = colours(cli);
  if (verbose || packets) print(cli, ...renderExpanded(entry, palette, timeOf(entry), { packets }), '');
  else print(cli, renderLine(entry, palette, timeOf(entry)));
}

/** Calls back with every line; pieces of a stream end anywhere. */
async function eachLine(body: AsyncIterable<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  }
}

async function write(cli: Cli, followed: FollowedTrace, options: TraceCommandOptions): Promise<void> {
  const { json, pcapng } = options;
  if (pcapng === '-') {
    for await (const piece of followed.body) cli.io.stdout.write(piece);
    return;
  }
  if (pcapng !== undefined) return followed.saveTo(pcapng);
  await eachLine(followed.body, (line) => (json ? print(cli, line) : show(cli, line, options)));
}

/** The end of a stream that was closed on purpose is none of anybody's business. */
async function unlessStopped(isStopped: () => boolean, run: Promise<void>): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (!isStopped()) throw error;
  }
}

export async function trace(cli: Cli, options: TraceCommandOptions): Promise<void> {
  const followed = await cli.app.followTrace(wishOf(cli, options));
  let isStopped = false;
  const closing = {
    close: () => {
      isStopped = true;
      return followed.close();
    },
  };
  const notify = (text: string): unknown => cli.io.stderr.write(`${text}\n`);
  if (options.follow) notify(`Trace of key ${followed.key} at ${followed.url}; Ctrl-C ends it.`);
  const written = unlessStopped(() => isStopped, write(cli, followed, options));
  if (!options.follow) return written;
  const stopped = untilStopped(cli.io, closing, { ready: () => undefined });
  await Promise.race([written, stopped]);
  await closing.close();
  await written;
}

export function registerTrace(program: Command, cli: Cli): void {
  program
    .command('trace')
    .summary('show what passes between a key and its hosts')
    .description(
      'Show every transaction of a running key while it happens: what was asked and answered, decoded. The key has to run\n' +
        'with a control server (`fauxkey start --control`). PIN ciphertexts, tokens and blobs are left out unless asked for.',
    )
    .option('--key <id>', 'which key; the only one unless given')
    .option('--url <url>', 'control server; the one of this machine unless given')
    .option(
      '--token <token>',
      'its token (FAUXKEY_CONTROL_TOKEN); not needed for one of your own on this machine',
    )
    .option('-v, --verbose', 'show requests and responses member by member')
    .option('--packets', 'show every packet as well, in hex')
    .option('--secrets', 'leave nothing out')
    .option('--no-past', 'begin with what comes, not with what there is')
    .option('--no-follow', 'print what there is, and end')
    .option('--json', 'print JSON Lines')
    .addOption(new Option('--pcapng <file>', 'write a capture for Wireshark; - for the standard output'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ fauxkey trace --verbose\n' +
        '  $ fauxkey trace --json --no-follow > trace.jsonl\n' +
        '  $ fauxkey trace --pcapng - | wireshark -k -i -',
    )
    .action((options: TraceCommandOptions) => trace(cli, options));
}
