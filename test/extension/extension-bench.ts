import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { createRelyingParty } from '../../examples/relying-party/server.mjs';
import type { RelyingParty } from '../../examples/relying-party/types.d.ts';
import { serveHttp, type HttpServer } from '../../src/app/http-server.ts';
import { createKeyHost } from '../../src/app/key-host.ts';
import { systemClock } from '../../src/app/system.ts';
import { createWebAuthnService } from '../../src/app/webauthn-bridge-service.ts';
import { createControlApp, type ControlApp } from '../../src/control/app.ts';
import { extensionOrigin } from '../../src/control/extension-origin.ts';
import { loopbackHosts } from '../../src/control/guard.ts';
import type { KeyHost } from '../../src/control/handle.ts';
import { webauthnRoutes } from '../../src/control/routes/webauthn.ts';
import { chromiumArguments, executablePath } from '../support/chromium.ts';

const folder = resolve(import.meta.dirname, '../../extension');
const token = 'a-token-of-the-tests';

/** Keys behind a control server, a site, and a browser with the extension. */
export interface ExtensionBench {
  readonly host: KeyHost;
  readonly site: RelyingParty;
  readonly context: BrowserContext;
  readonly pairing: string;
  /** A page of the extension, e.g. `popup.html`. */
  open(page: string): Promise<Page>;
  close(): Promise<void>;
}

export async function startBench(): Promise<ExtensionBench> {
  const host = createKeyHost();
  const app = createApp(host);
  const profile = await mkdtemp(join(tmpdir(), 'fauxkey-extension-'));
  const [server, site, context] = await Promise.all([
    serveHttp(app.fetch, { host: '127.0.0.1', port: 0 }),
    createRelyingParty(),
    launch(profile),
  ]);
  return {
    host,
    site,
    context,
    pairing: `${server.url}/#${token}`,
    open: async (name) => {
      const page = await context.newPage();
      await page.goto(`${extensionOrigin}/${name}`);
      return page;
    },
    close: () => closeAll({ context, server, site, app, host, profile }),
  };
}

function createApp(host: KeyHost): ControlApp {
  return createControlApp({
    host,
    clock: systemClock,
    version: '0',
    token,
    hosts: loopbackHosts,
    origins: [extensionOrigin],
    extraGroups: [webauthnRoutes(createWebAuthnService(host))],
  });
}

function launch(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      ...chromiumArguments,
      '--headless=new',
      '--disable-features=DisableLoadExtensionCommandLineSwitch',
      `--disable-extensions-except=${folder}`,
      `--load-extension=${folder}`,
    ],
  });
}

interface Running {
  readonly context: BrowserContext;
  readonly server: HttpServer;
  readonly site: RelyingParty;
  readonly app: ControlApp;
  readonly host: KeyHost;
  readonly profile: string;
}

async function closeAll({ app, context, host, profile, server, site }: Running): Promise<void> {
  await context.close();
  app.close();
  await Promise.all([server.close(), site.close(), host.close()]);
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
