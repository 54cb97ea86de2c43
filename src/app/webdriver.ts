import { loopbackHosts, requireFamiliar } from '../control/guard.ts';
import { problemOf } from '../control/problem.ts';
import { WebDriverError } from '../control/webdriver/error.ts';
import { createWebDriverProxy } from '../control/webdriver/proxy.ts';
import { createUpstream } from '../control/webdriver/upstream.ts';
import { UsageError } from '../ports/errors.ts';
import type { RunningWebDriver, WebDriverOptions } from './api.ts';
import { Cleanup } from './cleanup.ts';
import { loopbackAddresses, parseHttpAddress } from './control-server.ts';
import { serveHttp, type HttpAddress } from './http-server.ts';
import { createKeyHost } from './key-host.ts';

/**
 * Runs a WebDriver proxy whose virtual authenticators are keys. Throws UsageError for an address that is none,
 * TransportError when the address is taken or the keys' transport does not work here; nothing is left running then.
 */
export async function runWebDriver(options: WebDriverOptions): Promise<RunningWebDriver> {
  const upstream = parseUpstream(options.upstream);
  const address = parseListen(options.listen);
  const cleanup = new Cleanup();
  try {
    const host = createKeyHost();
    cleanup.add(() => host.close());
    host.subscribe(options.onEvent);
    // Better now than in the middle of somebody's suite.
    const probe = await host.create({ transports: options.transports });
    const { notes } = probe.describe();
    await host.remove(probe.id);
    const proxy = createWebDriverProxy({
      upstream: createUpstream(upstream),
      host,
      transports: options.transports,
    });
    const server = await serveHttp(
      async (request) => refuse(request, address) ?? proxy.fetch(request),
      address,
    );
    cleanup.add(() => server.close());
    return { url: server.url, upstream: upstream.href, notes, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** Drivers have no token: whoever may start a browser on this machine may use it, and no web page may. */
function refuse(request: Request, { host }: HttpAddress): Response | undefined {
  try {
    requireFamiliar(request, { token: '', hosts: [...loopbackHosts, host] });
    return undefined;
  } catch (error) {
    const message = problemOf(error)?.message ?? 'The request was refused.';
    return Response.json(new WebDriverError('unknown error', message).toJSON(), { status: 403 });
  }
}

function parseUpstream(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(`${JSON.stringify(text)} is not the URL of a WebDriver server.`, {
    hint: 'It looks like http://127.0.0.1:9515, where chromedriver listens.',
  });
}

/** Whoever reaches the driver controls a browser, so that only this machine may. */
function parseListen(text: string): HttpAddress {
  if (!/(?:^|:)\d{1,5}$/.test(text)) {
    throw new UsageError(`${JSON.stringify(text)} is no address to listen at.`, {
      hint: 'It looks like 4445 or 127.0.0.1:4445.',
    });
  }
  const address = parseHttpAddress(text);
  if (loopbackAddresses.test(address.host)) return address;
  throw new UsageError(`A WebDriver proxy listens on this machine only, not at ${address.host}.`, {
    hint: 'From another machine, reach it through an SSH tunnel.',
  });
}
