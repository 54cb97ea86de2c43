/** The Selenium example, unchanged, behind `fauxkey webdriver`: real keys in the place of virtual authenticators. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expectThat } from '../expect.ts';
import { PROGRAM } from '../key.ts';
import { CHECKOUT, scratch } from '../places.ts';
import { output, startDaemon } from '../process.ts';
import { Scope, SkipTest, defineSuite, type VmTest } from '../suite.ts';
import { until } from '../until.ts';

const EXAMPLE = join(CHECKOUT, 'examples/selenium/sign-in.mjs');
/** Debian packages no geckodriver; `cargo install geckodriver` puts it here. */
const PLACES = [...(process.env['PATH'] ?? '').split(delimiter), '/root/.cargo/bin'];
const DRIVER_PORT = 9515;
const PROXY_PORT = 4445;
const LIMIT_SECONDS = 400;

interface Driven {
  readonly browser: 'chrome' | 'firefox';
  readonly driver: string;
  readonly driverArguments: readonly string[];
  readonly binary: string;
  readonly browserArguments: readonly string[];
}

const CHROMIUM: Driven = {
  browser: 'chrome',
  driver: 'chromedriver',
  driverArguments: [`--port=${DRIVER_PORT}`],
  binary: '/usr/bin/chromium',
  browserArguments: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
};

const FIREFOX: Driven = {
  browser: 'firefox',
  driver: 'geckodriver',
  driverArguments: ['--port', String(DRIVER_PORT)],
  binary: '/usr/bin/firefox-esr',
  browserArguments: ['-headless'],
};

const FIREFOX_ENVIRONMENT = {
  MOZ_DISABLE_CONTENT_SANDBOX: '1',
  MOZ_DISABLE_SOCKET_PROCESS: '1',
  MOZ_DISABLE_RDD_SANDBOX: '1',
  MOZ_CRASHREPORTER_DISABLE: '1',
};

function selenium(driven: Driven): VmTest<Scope> {
  return {
    name: `examples/selenium in ${driven.browser}: register, sign in, be refused`,
    limitSeconds: LIMIT_SECONDS,
    run: async () => {
      const scope = new Scope();
      try {
        return await runExample(scope, driven);
      } finally {
        await scope.close();
      }
    },
  };
}

async function runExample(scope: Scope, driven: Driven): Promise<string> {
  const { browser, binary, browserArguments } = driven;
  const driver = PLACES.map((place) => join(place, driven.driver)).find((path) => existsSync(path));
  if (driver === undefined) throw new SkipTest(`there is no ${driven.driver} on this machine`);
  startDaemon(scope, driven.driver, driver, driven.driverArguments, FIREFOX_ENVIRONMENT);
  const upstream = `http://127.0.0.1:${DRIVER_PORT}`;
  await until(driven.driver, 60, async () => (await fetch(`${upstream}/status`).catch(() => undefined))?.ok);
  const proxyArguments = ['webdriver', '--json', '--upstream', upstream, '--listen', String(PROXY_PORT)];
  const proxy = startDaemon(scope, `webdriver-${browser}`, process.execPath, [PROGRAM, ...proxyArguments]);
  await until('the proxy', 60, () => proxy.printed().includes('"event":"ready"'));
  const env = {
    SELENIUM_REMOTE_URL: `http://127.0.0.1:${PROXY_PORT}`,
    BROWSER_BINARY: binary,
    BROWSER_ARGS: browserArguments.join(' '),
    PATIENCE_MS: '120000',
  };
  const options = { env, cwd: scratch('selenium'), limitSeconds: LIMIT_SECONDS - 20 };
  const said = await output(process.execPath, [EXAMPLE, browser], options);
  expectThat('a key that signed in', proxy.printed().includes('credential-used'), proxy.printed());
  return said.trim();
}

export const webdriver = defineSuite<Scope>({
  name: 'webdriver',
  setUpLimitSeconds: 10,
  setUp: (scope) => Promise.resolve(scope),
  tests: [selenium(CHROMIUM), selenium(FIREFOX)],
});
