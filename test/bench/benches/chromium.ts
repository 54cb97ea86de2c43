import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from 'playwright-core';
import { chromium as browserType } from 'playwright-core';

import { createWebAuthnBridge } from '../../../src/app/webauthn-bridge.ts';
import { createKey } from '../../../src/app/create-key.ts';
import { chromiumArguments, executablePath } from '../../support/chromium.ts';
import type { Effort } from '../measure.ts';
import { median } from '../measure.ts';
import type { Row } from '../report.ts';
import { microseconds } from '../report.ts';
import { creationOptions, requestOptions, row } from './peers.ts';

interface Times {
  readonly create: readonly number[];
  readonly get: readonly number[];
}

/** A page's create and get: Chromium's own virtual authenticator against a key of ours that the page reaches. */
export async function chromium(effort: Effort): Promise<Row[]> {
  if (!existsSync(executablePath)) {
    return [{ what: 'Chromium is not installed here', value: Number.NaN, unit: '', sides: '' }];
  }
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await browserType.launch({ executablePath, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    const url = `http://localhost:${String((server.address() as AddressInfo).port)}`;
    await page.goto(url);
    await plugIn(page);
    await exposeOurs(page, url);
    const times = effort.quick ? 20 : 100;
    const rounds: Record<'ours' | 'theirs', Times>[] = [];
    for (let round = 0; round < (effort.quick ? 2 : 5); round += 1) {
      rounds.push({
        theirs: await ceremonies(page, 'theirs', times),
        ours: await ceremonies(page, 'ours', times),
      });
    }
    const echo = median(await page.evaluate(runEcho, times)) * 1000;
    const of = (who: 'ours' | 'theirs', what: keyof Times): number =>
      median(rounds.map((found) => median(found[who][what]))) * 1000;
    return [
      ...(['create', 'get'] as const).map((what) => ({
        ...row(
          `a page's ${what}, of the speed of Chromium's virtual authenticator`,
          of('ours', what),
          of('theirs', what),
        ),
        note: `of ours, ${microseconds(echo)} are the way from the page to this process and back`,
      })),
    ];
  } finally {
    await browser.close();
    server.close();
  }
}

/** Chromium's virtual authenticator, over the protocol that its developer tools speak. */
async function plugIn(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: false,
      automaticPresenceSimulation: true,
    },
  });
}

/** A function of the page that has a WebAuthn client and a key of ours behind it. */
async function exposeOurs(page: Page, origin: string): Promise<void> {
  const key = createKey();
  const bridge = createWebAuthnBridge({ connect: () => key.connect() });
  await page.exposeFunction('echo', () => 0);
  await page.exposeFunction('ours', async (type: 'create' | 'get', options: unknown) =>
    type === 'create' ? bridge.create({ origin, options }) : bridge.get({ origin, options }),
  );
}

/** Milliseconds of each ceremony, as the page measures them. */
async function ceremonies(page: Page, who: 'ours' | 'theirs', times: number): Promise<Times> {
  const given = {
    who,
    times,
    creation: creationOptions('localhost'),
    request: requestOptions('localhost', ''),
  };
  return page.evaluate(runInPage, given);
}

interface Given {
  readonly who: 'ours' | 'theirs';
  readonly times: number;
  readonly creation: ReturnType<typeof creationOptions>;
  readonly request: ReturnType<typeof requestOptions>;
}

/** What the page has that Node.js has not. */
interface PageGlobals {
  readonly echo: () => Promise<unknown>;
  ours(type: string, options: unknown): Promise<{ response: { id: string } }>;
  PublicKeyCredential: {
    parseCreationOptionsFromJSON(json: unknown): unknown;
    parseRequestOptionsFromJSON(json: unknown): unknown;
  };
  navigator: {
    credentials: {
      create(options: unknown): Promise<{ id: string; toJSON(): unknown }>;
      get(options: unknown): Promise<{ toJSON(): unknown }>;
    };
  };
}

async function runEcho(times: number): Promise<number[]> {
  const { echo } = globalThis as unknown as PageGlobals;
  const measured: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const start = performance.now();
    await echo();
    measured.push(performance.now() - start);
  }
  return measured;
}

async function runInPage({ creation, request, times, who }: Given): Promise<Times> {
  const globals = globalThis as unknown as PageGlobals;
  const { credentials } = globals.navigator;
  const create = async (): Promise<string> => {
    if (who === 'ours') return (await globals.ours('create', creation)).response.id;
    const publicKey = globals.PublicKeyCredential.parseCreationOptionsFromJSON(creation);
    const made = await credentials.create({ publicKey });
    made.toJSON();
    return made.id;
  };
  const get = async (id: string): Promise<void> => {
    const options = { ...request, allowCredentials: [{ type: 'public-key', id }] };
    if (who === 'ours') await globals.ours('get', options);
    else {
      const publicKey = globals.PublicKeyCredential.parseRequestOptionsFromJSON(options);
      (await credentials.get({ publicKey })).toJSON();
    }
  };
  const measured: { create: number[]; get: number[] } = { create: [], get: [] };
  for (let time = 0; time < times; time += 1) {
    const start = performance.now();
    const id = await create();
    const middle = performance.now();
    await get(id);
    measured.create.push(middle - start);
    measured.get.push(performance.now() - middle);
  }
  return measured;
}
