/** The Selenium example, unchanged, behind `fauxkey webdriver`: real keys in the place of virtual authenticators. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CHROMIUM_ARGUMENTS } from '../browser-chromium.ts';
import { FIREFOX_ENVIRONMENT } from '../browser-firefox.ts';
import { expectThat } from '../expect.ts';
import { PROGRAM } from '../key.ts';
import { CHECKOUT, scratch } from '../places.ts';
import { output, startDaemon } from '../process.ts';
import { openScreen, type Screen } from '../screen.ts';
import { Scope, SkipTest, defineSuite, type VmTest } from '../suite.ts';
import { until } from '../until.ts';

const EXAMPLE = join(CHECKOUT, 'examples/selenium/sign-in.mjs');
/** Debian packages no geckodriver: `install-geckodriver.sh` builds one, and cargo's own place may have one. */
const PLACES = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  join(CHECKOUT, 'test/vm/out/geckodriver/bin'),
  '/root/.cargo/bin',
];
const DRIVER_PORT = 9515;
const PROXY_PORT = 4445;
const LIMIT_SECONDS = 480;
const START_LIMIT_MS = 240_000;
/** The example closes its browser when a step fails, and the last pictures tell of it. */
const PICTURE_EVERY_MS = 20_000;

interface Driven {
  readonly browser: 'chrome' | 'firefox';
  readonly driver: string;
  readonly driverArguments: readonly string[];
  /** What the example cannot know: where the browser is, and what a slow machine needs. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

const CHROMIUM: Driven = {
  browser: 'chrome',
  driver: 'chromedriver',
  driverArguments: [`--port=${DRIVER_PORT}`],
  capabilities: {
    'goog:chromeOptions': {
      binary: '/usr/bin/chromium',
      // Playwright gives its browsers the last one too: without it Chromium tries out features that it loads at its start.
      args: [...CHROMIUM_ARGUMENTS, '--disable-field-trial-config'],
      browserStartupTimeout: START_LIMIT_MS,
    },
  },
};

const FIREFOX: Driven = {
  browser: 'firefox',
  driver: 'geckodriver',
  driverArguments: ['--port', String(DRIVER_PORT)],
  capabilities: { 'moz:firefoxOptions': { binary: '/usr/bin/firefox-esr' } },
};

interface Setting {
  readonly screen: Screen;
}

function selenium(driven: Driven): VmTest<Setting> {
  return {
    name: `examples/selenium in ${driven.browser}: register, sign in, step up, catch a copy`,
    limitSeconds: LIMIT_SECONDS,
    run: async ({ screen }) => {
      const scope = new Scope();
      try {
        return await runExample(scope, screen, driven);
      } finally {
        await scope.close();
      }
    },
  };
}

async function runExample(scope: Scope, screen: Screen, driven: Driven): Promise<string> {
  const { browser, capabilities } = driven;
  const upstream = await startDriver(scope, screen, driven);
  const proxyArguments = ['webdriver', '--json', '--upstream', upstream, '--listen', String(PROXY_PORT)];
  const proxy = startDaemon(scope, `webdriver-${browser}`, process.execPath, [PROGRAM, ...proxyArguments]);
  await until('the proxy', 60, () => proxy.printed().includes('"event":"ready"'));
  const env = {
    SELENIUM_REMOTE_URL: `http://127.0.0.1:${PROXY_PORT}`,
    CAPABILITIES: JSON.stringify(capabilities),
    PATIENCE_MS: '120000',
  };
  const options = { env, cwd: scratch('selenium'), limitSeconds: LIMIT_SECONDS - 30 };
  const pictures = setInterval(() => screen.capture(`selenium ${browser}`), PICTURE_EVERY_MS);
  try {
    const said = await output(process.execPath, [EXAMPLE, browser], options);
    expectThat('a key that signed in', proxy.printed().includes('credential-used'), proxy.printed());
    return said.trim();
  } catch (error) {
    // The browser is gone when the example has ended; what the key told is what remains.
    throw new Error(`${String(error)}\nthe keys told:\n${proxy.printed()}`, { cause: error });
  } finally {
    clearInterval(pictures);
  }
}

async function startDriver(scope: Scope, screen: Screen, driven: Driven): Promise<string> {
  const program = PLACES.map((place) => join(place, driven.driver)).find((path) => existsSync(path));
  if (program === undefined) {
    throw new SkipTest(
      `there is no ${driven.driver} on this machine; test/vm/install-geckodriver.sh builds it`,
    );
  }
  const env = { ...FIREFOX_ENVIRONMENT, DISPLAY: screen.display };
  startDaemon(scope, driven.driver, program, driven.driverArguments, env);
  const url = `http://127.0.0.1:${DRIVER_PORT}`;
  await until(driven.driver, 60, async () => (await fetch(`${url}/status`).catch(() => undefined))?.ok);
  return url;
}

export const webdriver = defineSuite<Setting>({
  name: 'webdriver',
  setUpLimitSeconds: 90,
  setUp: async (scope) => ({ screen: await openScreen(scope) }),
  tests: [selenium(CHROMIUM), selenium(FIREFOX)],
});
