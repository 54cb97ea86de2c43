import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { AttestationMode, ConsentMode, CounterMode, StartOptions } from '../app/api-start.ts';
import { coseAlgorithm } from '../cose/algorithm.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { ControlCommandOptions } from './control-options.ts';
import type { Io } from './io.ts';
import type { KeyOptions } from './key-options.ts';

/** What commander makes of the options of `start`. */
export interface StartCommandOptions extends KeyOptions, ControlCommandOptions {
  readonly transport: readonly string[];
  readonly allowRemote?: boolean;
  readonly consent?: ConsentMode;
  readonly delay: number;
  readonly uv?: boolean;
  readonly memory?: boolean;
  readonly profile?: string;
  readonly versions?: readonly string[];
  readonly algorithms?: readonly CoseAlgorithm[];
  readonly counter?: CounterMode;
  readonly attestation?: AttestationMode;
  readonly aaguid?: Uint8Array;
  readonly vendorId?: number;
  readonly productId?: number;
  readonly productName?: string;
  readonly manufacturer?: string;
  readonly serial?: string;
  readonly log?: string;
  readonly verbose?: boolean;
}

function parseList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new InvalidArgumentError('It is a list with commas between the words.');
  return [...new Set(parts)];
}

export function parseAlgorithms(text: string): CoseAlgorithm[] {
  const known = new Map(Object.entries(coseAlgorithm).map(([name, id]) => [name.toLowerCase(), id]));
  return parseList(text).map((name) => {
    const id = known.get(name.toLowerCase());
    if (id === undefined)
      throw new InvalidArgumentError(`Known algorithms are ${Object.keys(coseAlgorithm).join(', ')}.`);
    return id;
  });
}

/** Versions are written `FIDO_2_0`, `U2F_V2`; which of them a key can announce is not decided here. */
export function parseVersions(text: string): string[] {
  return parseList(text).map((version) => {
    if (!/^\w{1,32}$/.test(version)) throw new InvalidArgumentError('Versions look like FIDO_2_0 or U2F_V2.');
    return version.toUpperCase();
  });
}

/** USB ids are hexadecimal, with or without `0x`. */
export function parseUsbId(text: string): number {
  const id = /^(?:0x)?[\da-f]{1,4}$/i.test(text) ? Number.parseInt(text.replace(/^0x/i, ''), 16) : 0;
  if (id === 0) throw new InvalidArgumentError('It is a hexadecimal number from 1 to ffff.');
  return id;
}

export function parseAaguid(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (!/^[\da-f]{32}$/i.test(hex)) throw new InvalidArgumentError('It is a UUID, 32 hexadecimal digits.');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function parseDelay(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number of milliseconds.');
  return Number(text);
}

function collect(spec: string, previous: readonly string[] = []): string[] {
  return [...previous, spec];
}

/** The options of `start` that are its own. */
export function addStartOptions(command: Command): Command {
  return command
    .optionsGroup('How hosts reach the key:')
    .addOption(
      new Option(
        '-t, --transport <spec>',
        'auto, uhid, usbip:HOST:PORT, tcp:HOST:PORT, unix:PATH or udp:HOST:PORT; may be given several times',
      )
        .argParser(collect)
        .default([], 'auto'),
    )
    .option('--allow-remote', 'let usbip and --control listen on an address that other machines reach')
    .option('--vendor-id <hex>', 'USB vendor id', parseUsbId)
    .option('--product-id <hex>', 'USB product id', parseUsbId)
    .option('--product-name <text>', 'USB product name')
    .option('--manufacturer <text>', 'USB manufacturer name')
    .option('--serial <text>', 'USB serial number')
    .optionsGroup('The user:')
    .addOption(
      new Option(
        '-c, --consent <mode>',
        'ask here, allow everything, deny everything, or never answer; ask on a terminal, else auto',
      ).choices(['ask', 'auto', 'deny', 'ignore']),
    )
    .option('--delay <ms>', 'how long an automatic user takes to answer', parseDelay, 0)
    .option('--uv', 'built-in user verification: the key itself asks for the PIN')
    .optionsGroup('What the key is:')
    .option(
      '--profile <name|file>',
      'a kind of key (see `fauxkey profiles`) or a JSON file; the options here win over it',
    )
    .option('--versions <list>', 'versions to announce, e.g. FIDO_2_0,U2F_V2', parseVersions)
    .option('--algorithms <list>', 'algorithms to offer, e.g. ES256,EdDSA', parseAlgorithms)
    .addOption(
      new Option('--counter <mode>', 'signature counters').choices(['per-credential', 'global', 'zero']),
    )
    .addOption(
      new Option('--attestation <kind>', 'how new credentials are attested').choices([
        'none',
        'self',
        'basic',
        'u2f',
      ]),
    )
    .option('--aaguid <uuid>', 'model identifier of the key', parseAaguid)
    .addOption(
      new Option('--memory', 'keep nothing: the key is gone when it stops').conflicts([
        'keystore',
        'passphraseFile',
      ]),
    )
    .optionsGroup('Output:')
    .option('--json', 'print events as JSON, one per line; the first is "ready"')
    .option('--log <file>', 'write a log to this file')
    .option('-v, --verbose', 'show every command; with --log, also log questions and answers');
}

/** The user is asked where there is somebody to ask. */
export function defaultConsent(io: Pick<Io, 'stdin' | 'stdout'>): ConsentMode {
  return io.stdin.isTTY === true && io.stdout.isTTY === true ? 'ask' : 'auto';
}

/** The command line as the program wants it. `key`, `keystore` and `passphrase` come from the selection. */
export function toStartOptions(
  options: StartCommandOptions,
  io: Pick<Io, 'stdin' | 'stdout'>,
): Omit<StartOptions, 'keystore' | 'key' | 'passphrase'> {
  const { vendorId, productId, productName, manufacturer, serial } = options;
  const { profile, versions, algorithms, counter, attestation, aaguid, log } = options;
  return {
    memory: options.memory === true,
    transports: options.transport.length > 0 ? options.transport : ['auto'],
    ...(options.allowRemote && { allowRemote: true }),
    consent: options.consent ?? defaultConsent(io),
    delayMs: options.delay,
    uv: options.uv === true,
    verbose: options.verbose === true,
    ...(profile !== undefined && { profile }),
    ...(versions && { versions }),
    ...(algorithms && { algorithms }),
    ...(counter && { counter }),
    ...(attestation && { attestation }),
    ...(aaguid && { aaguid }),
    ...(log !== undefined && { logFile: log }),
    usb: {
      ...(vendorId !== undefined && { vendorId }),
      ...(productId !== undefined && { productId }),
      ...(productName !== undefined && { product: productName }),
      ...(manufacturer !== undefined && { manufacturer }),
      ...(serial !== undefined && { serial }),
    },
  };
}
