import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type {
  AttestationDocument,
  CredentialChange,
  ImportOptions,
  KeyInfo,
  OpenKey,
  PinResult,
  PinStatus,
  ReadableKey,
} from '../../../src/app/api-admin.ts';
import type { KeySelection, KeyUi, RunningKey, StartOptions } from '../../../src/app/api-start.ts';
import type {
  App,
  AttachedKey,
  CheckOptions,
  CheckUi,
  ExtensionInfo,
  HostDevice,
  TraceWish,
  WebDriverOptions,
} from '../../../src/app/api.ts';
import { checkGroups } from '../../../src/check/groups.ts';
import type { RunReport } from '../../../src/check/runner.ts';
import type { Io, Output, SignalName } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/run.ts';
import type { Credential } from '../../../src/ports/credential.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import { settle } from '../../support/fake-clock.ts';

export const now = Date.UTC(2026, 0, 31, 12, 0, 0);

export function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}

/** A credential of `alice` at `site`; the id begins with the hex digits given. */
export function credential(idHex: string, site: string, change: Partial<Credential> = {}): Credential {
  return {
    id: Buffer.from(idHex.padEnd(32, '0'), 'hex'),
    rpIdHash: sha256(site),
    rpId: site,
    user: { id: Uint8Array.of(1, 2), name: 'alice', displayName: 'Alice' },
    discoverable: true,
    protocol: 'ctap2',
    algorithm: -7,
    privateKey: Buffer.from('secret private key'),
    publicKey: new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-2, Uint8Array.of(0xab)],
    ]),
    signCount: 3,
    credProtect: 1,
    credRandomWithUv: Buffer.from('secret with uv'),
    credRandomWithoutUv: Buffer.from('secret without uv'),
    thirdPartyPayment: false,
    backupEligible: false,
    backupState: false,
    createdAt: now - 86_400_000,
    ...change,
  };
}

export function u2fCredential(idHex: string, site: string): Credential {
  const made = { ...credential(idHex, site), protocol: 'u2f', discoverable: false } as const;
  const hidden = new Set(['rpId', 'user']);
  const known = Object.fromEntries(Object.entries(made).filter(([name]) => !hidden.has(name)));
  return { ...(known as typeof made), lastUsedAt: now - 180_000 };
}

class FakeOutput implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  constructor(isTTY: boolean, columns: number | undefined) {
    this.isTTY = isTTY;
    this.columns = columns;
  }
  write(text: string): void {
    this.text += text;
  }
}

class FakeInput extends PassThrough {
  readonly isTTY: boolean;
  raw = false;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  setRawMode(mode: boolean): this {
    this.raw = mode;
    return this;
  }
}

export interface Machine {
  /** Somebody sits at a terminal. */
  readonly tty?: boolean;
  readonly columns?: number;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  /** What the standard input holds. */
  readonly input?: string;
}

export class FakeIo implements Io {
  readonly stdin: FakeInput;
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly env: Record<string, string>;
  readonly pid = 4711;
  readonly files: Map<string, string>;
  readonly listeners = new Map<string, () => void>();
  gone = false;

  constructor({ tty = false, columns, env = {}, files = {}, input }: Machine = {}) {
    this.stdin = new FakeInput(tty);
    this.stdout = new FakeOutput(tty, columns);
    this.stderr = new FakeOutput(tty, columns);
    this.env = { NO_COLOR: '1', ...env };
    this.files = new Map(Object.entries(files));
    if (input !== undefined) this.stdin.end(input);
  }

  now(): number {
    return now;
  }

  readFile(path: string): Promise<string> {
    const text = this.files.get(path);
    return text === undefined ? Promise.reject(fileError('ENOENT', path)) : Promise.resolve(text);
  }

  writeFile(path: string, text: string, overwrite: boolean): Promise<void> {
    if (this.files.has(path) && !overwrite) return Promise.reject(fileError('EEXIST', path));
    this.files.set(path, text);
    return Promise.resolve();
  }

  #listen(name: string, listener: () => void): () => void {
    this.listeners.set(name, listener);
    return () => void this.listeners.delete(name);
  }

  onSignal(name: SignalName, listener: () => void): () => void {
    return this.#listen(name, listener);
  }

  onOutputClosed(listener: () => void): () => void {
    return this.#listen('closed', listener);
  }

  terminalGone(): boolean {
    return this.gone;
  }

  /** Types into the terminal once somebody listens. */
  async type(text: string): Promise<void> {
    for (let i = 0; i < 5; i++) await settle();
    this.stdin.write(text);
    for (let i = 0; i < 5; i++) await settle();
  }
}

export function fileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: no luck, open '${path}'`), { code, path });
}

export class FakeKey implements OpenKey {
  readonly keystore = '/store';
  readonly keys = ['default', 'work'];
  readonly key: string;
  stored: Credential[];
  pinText: string | undefined;
  closed = 0;
  resets = 0;
  running: KeyInfo['running'];
  status: PinStatus = {
    supported: true,
    set: false,
    retriesLeft: 8,
    uvRetriesLeft: 3,
    minLength: 4,
    changeRequired: false,
  };
  profile = { name: 'ctap2.1', changed: false, remembered: true };
  speaksCtap2 = true;
  changes: [string, CredentialChange][] = [];
  attestationProfile: string | undefined;
  importedPem: string | undefined;
  enterprise: boolean | undefined;
  refusal: PinResult;
  imported: { text: string; options: ImportOptions } | undefined;
  exported: { withSecrets: boolean } | undefined;

  constructor(stored: Credential[] = [], key = 'default') {
    this.stored = stored;
    this.key = key;
  }

  readonly pinCalls: string[][] = [];
  readonly pin = {
    status: () => this.status,
    set: (pin: string) => this.#pinCall('set', pin),
    change: (pin: string, newPin: string) => this.#pinCall('change', pin, newPin),
    remove: () => this.#pinCall('remove'),
  };

  #pinCall(...call: string[]): Promise<PinResult> {
    this.pinCalls.push(call);
    return Promise.resolve(this.refusal);
  }

  credentials(): readonly Credential[] {
    return this.stored;
  }

  remove(ids: readonly Uint8Array[]): Promise<number> {
    const before = this.stored.length;
    this.stored = this.stored.filter(({ id }) => !ids.some((gone) => Buffer.compare(gone, id) === 0));
    return Promise.resolve(before - this.stored.length);
  }

  reset(): Promise<void> {
    this.resets++;
    this.stored = [];
    return Promise.resolve();
  }

  info(): Promise<KeyInfo> {
    return Promise.resolve({
      profile: this.profile,
      ...(this.speaksCtap2 && { getInfo: { versions: ['FIDO_2_1'] } }),
      aaguid: '00112233445566778899aabbccddeeff',
      versions: ['FIDO_2_1', 'U2F_V2'],
      extensions: ['credProtect'],
      algorithms: [-7, -8],
      options: { rk: true, clientPin: false },
      signCount: 7,
      ...(this.running && { running: this.running }),
    });
  }

  change(id: Uint8Array, change: CredentialChange): Promise<Credential> {
    this.changes.push([Buffer.from(id).toString('hex'), change]);
    const found = this.stored.find((each) => Buffer.compare(each.id, id) === 0);
    return found ? Promise.resolve(found) : Promise.reject(new Error('not stored'));
  }

  attestation(profile?: string): Promise<AttestationDocument> {
    this.attestationProfile = profile;
    return Promise.resolve({
      profile: profile ?? 'complete',
      root: 'ROOT\n',
      chain: ['LEAF\n', 'ROOT\n'],
      enterpriseChain: ['ENTERPRISE\n', 'ROOT\n'],
      metadata: { aaguid: '1234' },
    });
  }

  importAttestation(pem: string): Promise<void> {
    this.importedPem = pem;
    return Promise.resolve();
  }

  setEnterpriseAttestation(enabled: boolean): Promise<void> {
    this.enterprise = enabled;
    return Promise.resolve();
  }

  exportDocument(options: { readonly withSecrets: boolean }): unknown {
    this.exported = options;
    return { format: 'fauxkey', secrets: options.withSecrets };
  }

  importDocument(text: string, options: ImportOptions) {
    this.imported = { text, options };
    return Promise.resolve({ added: 2, replaced: 1, skipped: 0 });
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

export class FakeRunningKey implements RunningKey {
  readonly name = 'default';
  readonly keystore = '/store';
  readonly addresses = ['uhid', 'tcp:127.0.0.1:8112'];
  readonly notes = ['It is all good.'];
  readonly credentialCount = 1;
  readonly profile = { name: 'complete', changed: false };
  readonly pinSet = false;
  powerCycles = 0;
  closes = 0;
  fail: (error: Error) => void = () => undefined;
  #finish: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve, reject) => {
    this.#finish = resolve;
    this.fail = reject;
  });

  powerCycle(): Promise<void> {
    this.powerCycles++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closes++;
    this.#finish();
    return Promise.resolve();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* emptyBody(): AsyncGenerator<Uint8Array> {
  yield* [];
}

export class FakeApp implements App {
  readonly key: FakeKey;
  readonly runningKey = new FakeRunningKey();
  devices: HostDevice[] = [];
  /** Thrown by every call while it is set. */
  failure: Error | undefined;
  readonly selections: KeySelection[] = [];
  created: boolean | undefined;
  started: StartOptions | undefined;
  ui: KeyUi | undefined;

  constructor(key = new FakeKey()) {
    this.key = key;
  }

  #call<T>(selection: KeySelection, value: T): Promise<T> {
    this.selections.push(selection);
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(value);
  }

  runKey(options: StartOptions, ui: KeyUi): Promise<RunningKey> {
    this.started = options;
    this.ui = ui;
    return this.#call(options, this.runningKey);
  }

  openKey(selection: KeySelection, options: { readonly create: boolean }): Promise<OpenKey> {
    this.created = options.create;
    if (selection.key !== this.key.key && !options.create)
      return Promise.reject(
        new UsageError(`There is no key "${selection.key}" in /store.`, { problem: 'no-such-key' }),
      );
    return this.#call(selection, this.key);
  }

  readKey(selection: KeySelection): Promise<ReadableKey> {
    return this.openKey(selection, { create: false });
  }

  powerCycle(selection: KeySelection) {
    return this.#call(selection, { pid: 4712 });
  }

  extension: ExtensionInfo = { folder: '/somewhere/extension', origin: 'chrome-extension://a', pairings: [] };

  describeExtension() {
    return Promise.resolve(this.extension);
  }

  /** What `followTrace` was asked for, and what it gives. */
  traceWish: TraceWish | undefined;
  traceBody: AsyncIterable<Uint8Array> = emptyBody();
  readonly savedTraces: string[] = [];

  followTrace(wish: TraceWish) {
    this.traceWish = wish;
    const close = () => this.runningKey.close();
    const saveTo = (file: string) => Promise.resolve(void this.savedTraces.push(file));
    const facts = { key: 'default', url: 'http://127.0.0.1:7111', body: this.traceBody };
    return this.#call({ key: '' }, { ...facts, saveTo, close });
  }

  /** What `runWebDriver` was asked for. */
  webDriver: WebDriverOptions | undefined;

  runWebDriver(options: WebDriverOptions) {
    this.webDriver = options;
    const close = () => this.runningKey.close();
    const facts = { url: 'http://127.0.0.1:4445', upstream: `${options.upstream}/`, notes: ['A note.'] };
    return this.#call({ key: '' }, { ...facts, close });
  }

  presets() {
    return this.#call({ key: '' }, [{ name: 'complete', summary: 'Everything.' }]);
  }

  profileDocument(nameOrPath: string) {
    return this.#call({ key: '' }, { document: nameOrPath });
  }

  keystoreLocation(): Promise<string> {
    return Promise.resolve('/store');
  }

  /** What `setPassphrase` was given. */
  passphrase: string | undefined = 'unset';

  async setPassphrase(selection: KeySelection, choose: () => Promise<string | undefined>) {
    const done = await this.#call(selection, { keystore: '/store' });
    this.passphrase = await choose();
    return done;
  }

  listDevices() {
    return this.#call({ key: '' }, this.devices);
  }

  /** What `attachKeys` and `detachKeys` were asked for. */
  readonly attachments: unknown[] = [];

  attachKeys(...request: Parameters<App['attachKeys']>) {
    this.attachments.push(request);
    const keys: AttachedKey[] = [{ port: 0, busId: '1-1', vendorId: 0xf1d0, productId: 0xfa0c }];
    return this.#call({ key: '' }, keys);
  }

  checked: CheckOptions | undefined;
  checkReport: RunReport | undefined;

  checkGroups() {
    return Promise.resolve(checkGroups);
  }

  checkKey(options: CheckOptions, ui: CheckUi) {
    this.checked = options;
    const report = this.checkReport;
    if (!report) return Promise.reject(this.failure ?? new UsageError('There is no key.'));
    for (const result of report.results) {
      ui.start(result.check, result.group);
      ui.result(result);
    }
    return this.#call({ key: '' }, { target: 'tcp:key', report });
  }

  detachKeys(ports: readonly number[]) {
    this.attachments.push(ports);
    return this.#call(
      { key: '' },
      ports.length > 0 ? ports.map((port) => ({ port, localBusId: '3-1' })) : [],
    );
  }
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly io: FakeIo;
  readonly app: FakeApp;
}

/** Runs a command line to its end. `typed` is what somebody types at each question. */
export async function execute(
  args: string,
  {
    app = new FakeApp(),
    typed = [],
    ...machine
  }: Machine & { app?: FakeApp; typed?: readonly string[] } = {},
): Promise<Outcome> {
  const io = new FakeIo(machine);
  const ended = run(args.split(' ').filter(Boolean), io, app, '1.2.3');
  for (const text of typed) await io.type(text);
  const code = await ended;
  return { code, out: io.stdout.text, err: io.stderr.text, io, app };
}
