/** Keys over USB/IP, which the kernel's virtual host controller makes USB devices of the guest. */
import { existsSync } from 'node:fs';
import { controlOf, type Control } from '../control.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { getAssertion, makeCredential, verifyAssertion, verifyCredential } from '../fido2-tools.ts';
import { kernelWarnings } from '../kernel-log.ts';
import { attach, hidrawNodes, newNode, startKey, udevProperties, type Key } from '../key.ts';
import { scratch } from '../places.ts';
import { output } from '../process.ts';
import { requireVerified } from '../relying-party.ts';
import { exchangeKey, type Setting as BrowserSetting } from '../setting.ts';
import { defineSuite, type Scope, type VmTest } from '../suite.ts';
import { until } from '../until.ts';

const ADDRESS = '127.0.0.1:3240';
const KEY = 'default';
/** `CYCLES=1000 npm run test:vm -- --only usbip` attaches and detaches so often; without it, as often as fits into a moment. */
const CYCLES = Number(process.env['CYCLES'] ?? 0);
const CYCLE_SECONDS = 10;
/** Of a loaded machine that emulates another one. */
const SLOWEST_CYCLE_SECONDS = 3;

interface Setting {
  readonly key: Key;
  readonly control: Control;
  /** What the kernel had complained of before. */
  readonly warnings: readonly string[];
}

async function setUp(scope: Scope): Promise<Setting> {
  await output('modprobe', ['-a', 'vhci-hcd', 'usbhid']);
  const warnings = await kernelWarnings();
  const options = {
    keystore: scratch('keystore'),
    transport: `usbip:${ADDRESS}`,
    args: ['--control'],
  } as const;
  const key = await startKey(scope, 'usbip', options);
  return { key, control: controlOf(key), warnings };
}

function test(
  name: string,
  limitSeconds: number,
  run: (setting: Setting) => Promise<string>,
): VmTest<Setting> {
  return { name, limitSeconds, run };
}

async function roundTrip(node: string): Promise<void> {
  const wish = { rpId: 'example.com' };
  const made = await makeCredential(node, wish);
  const asked = { ...wish, credentialId: made.credentialId };
  await verifyAssertion(await getAssertion(node, asked), await verifyCredential(made, wish), asked);
}

const attached = test('fauxkey attach: a USB key with a name, for udev and libfido2', 60, async ({ key }) => {
  const listed = await output('fido2-token', ['-L']);
  expectThat('manufacturer and product', /Fauxkey/i.test(listed), listed);
  expectThat('the tags of udev', udevProperties(key.node).includes('ID_SECURITY_TOKEN=1'), key.node);
  await roundTrip(key.node);
  return `${listed.trim()}; a credential and an assertion verified`;
});

const tools = test('usbip list, port, detach and attach, of Debian', 90, async ({ key }) => {
  const ports = await output('usbip', ['port']);
  expectThat('port 00 in use', /^Port 00: /m.test(ports), ports);
  await output('usbip', ['detach', '-p', '0']);
  await until(`end of ${key.node}`, 30, () => !existsSync(key.node));
  const listed = await output('usbip', ['list', '-r', '127.0.0.1']);
  expectThat('bus id 1-1', /^\s*1-1: /m.test(listed), listed);
  await output('usbip', ['attach', '-r', '127.0.0.1', '-b', '1-1']);
  await until(`return of ${key.node}`, 30, () => newNode(new Set()));
  await roundTrip(key.node);
  return listed.trim();
});

const two = test('two keys at once, each with its own serial number', 120, async ({ key, control }) => {
  const before = new Set(hidrawNodes());
  await control.call('POST', '/keys', {
    id: 'second',
    transports: [`usbip:${ADDRESS}`],
    consent: { action: 'allow' },
  });
  await attach(ADDRESS);
  const second = await until('second node', 60, () => newNode(before));
  await Promise.all([roundTrip(key.node), roundTrip(second)]);
  const serials = await Promise.all([key.node, second].map(serialOf));
  expectThat('two serial numbers', serials[0] !== serials[1], serials);
  await control.call('DELETE', '/keys/second');
  await until(`end of ${second}`, 30, () => !existsSync(second));
  return `serial numbers ${serials.join(' and ')}`;
});

async function serialOf(node: string): Promise<string> {
  const shown = await output('udevadm', ['info', '--attribute-walk', '--name', node]);
  return /ATTRS\{serial\}=="(.*)"/.exec(shown)?.[1] ?? '';
}

const unplug = test(
  'unplugged while libfido2 waits for a touch, and attached again',
  120,
  async (setting) => {
    const { key, control } = setting;
    await control.setHabit(KEY, 'ask');
    const waiting = makeCredential(key.node, { rpId: 'example.org' }).then(
      () => 'a credential',
      (error: unknown) => String(error),
    );
    await control.waitForQuestion(KEY);
    await control.move(KEY, 'unplug');
    const said = await waiting;
    expectThat('an error of libfido2', said.includes('FIDO_ERR_'), said);
    await until(`end of ${key.node}`, 30, () => !existsSync(key.node));
    await control.setHabit(KEY, 'allow');
    await control.move(KEY, 'plug');
    await attach(ADDRESS);
    await until(`return of ${key.node}`, 60, () => newNode(new Set()) === key.node);
    await roundTrip(key.node);
    return /FIDO_ERR_\w+/.exec(said)?.[0] ?? said;
  },
);

/** `usbip`, since a program of C starts a hundred times faster here than Node.js does. */
const CYCLES_LIMIT_SECONDS = 140 + CYCLES * SLOWEST_CYCLE_SECONDS;
const cycles = test('attached and detached, again and again', CYCLES_LIMIT_SECONDS, async ({ key }) => {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  let count = 0;
  for (; CYCLES > 0 ? count < CYCLES : elapsed() < CYCLE_SECONDS; count += 1) {
    await output('usbip', ['detach', '-p', '0']);
    await until(`end of ${key.node}`, 30, () => !existsSync(key.node));
    await output('usbip', ['attach', '-r', '127.0.0.1', '-b', '1-1']);
    await until(`return of ${key.node}`, 30, () => existsSync(key.node));
  }
  await until('tags of udev', 30, () => newNode(new Set()));
  await roundTrip(key.node);
  return `${count} cycles in ${elapsed().toFixed(0)} s`;
});

const quiet = test('nothing of all this made the kernel warn', 30, async ({ warnings }) => {
  const now = await kernelWarnings();
  expectEqual(
    'new warnings',
    now.filter((line) => !warnings.includes(line)),
    [],
  );
  return `${now.length} warnings, all from before`;
});

export const usbip = defineSuite<Setting>({
  name: 'usbip',
  setUpLimitSeconds: 180,
  setUp,
  tests: [attached, tools, two, unplug, cycles, quiet],
});

const TOUCH_ONLY = { userVerification: 'discouraged', residentKey: 'discouraged' };

const inBrowser: VmTest<BrowserSetting> = {
  name: 'over USB/IP: register and sign in',
  limitSeconds: 150,
  run: async (setting) => {
    await output('modprobe', ['-a', 'vhci-hcd', 'usbhid']);
    await exchangeKey(setting, 'usbip', { transport: `usbip:${ADDRESS}`, args: ['--control'] });
    const { site } = setting;
    await site.open();
    const made = requireVerified(await site.register({ user: 'usbip', ...TOUCH_ONLY }));
    const got = requireVerified(await site.signIn({ user: 'usbip', userVerification: 'discouraged' }));
    expectEqual('credential', got.credentialId, made.credentialId);
    return `credential ${made.credentialId.slice(0, 12)}…, counter ${got.counterAfter ?? '?'}`;
  },
};

const pulledOut: VmTest<BrowserSetting> = {
  name: 'over USB/IP: pulled out while it waits, attached again, touched',
  limitSeconds: 150,
  run: async ({ site, key }) => {
    const control = controlOf(key);
    await control.setHabit(KEY, 'ask');
    const ceremony = site.register({ user: 'pulled out', ...TOUCH_ONLY });
    await control.waitForQuestion(KEY);
    await control.move(KEY, 'unplug');
    await until(`end of ${key.node}`, 30, () => !existsSync(key.node));
    await control.move(KEY, 'plug');
    await attach(ADDRESS);
    await control.touch(KEY, await control.waitForQuestion(KEY));
    return `credential ${requireVerified(await ceremony).credentialId.slice(0, 12)}…`;
  },
};

export const usbipInChromium: readonly VmTest<BrowserSetting>[] = [inBrowser, pulledOut];
export const usbipInFirefox: readonly VmTest<BrowserSetting>[] = [inBrowser];
