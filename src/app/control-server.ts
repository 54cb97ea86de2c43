import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createControlApp } from '../control/app.ts';
import { extensionOrigin } from '../control/extension-origin.ts';
import { loopbackHosts } from '../control/guard.ts';
import type { KeyHost } from '../control/handle.ts';
import { createWebDriverGroup } from '../control/routes/webdriver.ts';
import { webauthnRoutes } from '../control/routes/webauthn.ts';
import { VirtualAuthenticators } from '../control/webdriver/virtual-authenticators.ts';
import { UsageError } from '../ports/errors.ts';
import type { ControlOptions, RunningControl } from './api-start.ts';
import { Cleanup } from './cleanup.ts';
import { requirePrivate, runtimeDirectories } from './control-socket.ts';
import { createToken, keepToken } from './control-token.ts';
import { serveHttp, type HttpAddress } from './http-server.ts';
import { systemClock } from './system.ts';
import { createWebAuthnService } from './webauthn-bridge-service.ts';

/** A control server that listens. */
export interface ControlServer extends RunningControl {
  /** Sentences for the person who started it. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

export interface ControlServerOptions extends ControlOptions {
  /** Without it only addresses that no other machine reaches are taken. */
  readonly allowRemote: boolean;
  /** By which hosts reach the keys of WebDriver's commands; none unless given. */
  readonly transports?: readonly string[];
  readonly onDefect: (error: unknown) => void;
}

/**
 * Serves the keys of a host over HTTP, to whoever has the token. Throws UsageError for an address that is none or that
 * other machines reach, TransportError when it is taken.
 */
export async function startControlServer(
  host: KeyHost,
  options: ControlServerOptions,
): Promise<ControlServer> {
  const address = parseHttpAddress(options.address);
  const isLocal = loopbackAddresses.test(address.host);
  if (!isLocal && !options.allowRemote)
    throw new UsageError(`Other machines reach ${address.host}, and a control server gives them your keys.`, {
      hint: 'Listen at 127.0.0.1, or add --allow-remote if that is what you want.',
    });
  const cleanup = new Cleanup();
  try {
    const token = options.tokenKeptIn === undefined ? createToken() : keepToken(options.tokenKeptIn);
    const app = createControlApp({
      host,
      token,
      clock: systemClock,
      version: options.version,
      origins: [extensionOrigin, ...options.origins],
      hosts: isLocal ? loopbackHosts : [...loopbackHosts, ...namesOf(address.host)],
      onDefect: options.onDefect,
      extraGroups: [
        webauthnRoutes(createWebAuthnService(host)),
        createWebDriverGroup(new VirtualAuthenticators({ host, transports: options.transports ?? [] })),
      ],
    });
    const server = await serveHttp(app.fetch, address);
    cleanup.add(() => server.close());
    cleanup.add(() => app.close());
    const tokenFile = writeToken(new URL(server.url).port, token);
    if (tokenFile !== undefined) cleanup.add(() => rmSync(tokenFile, { force: true }));
    return {
      url: server.url,
      token,
      ...(tokenFile !== undefined && { tokenFile }),
      notes: isLocal ? [] : [remoteWarning(server.url)],
      close: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** Names and addresses that no other machine reaches. */
export const loopbackAddresses = /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/i;

/** By which names a server may be called that listens there; at every address, nobody can know. */
function namesOf(host: string): readonly string[] {
  return [host.includes(':') ? `[${host}]` : host.toLowerCase()];
}

function remoteWarning(url: string): string {
  return `Whoever reaches ${url} and sees the token on its way owns these keys: nothing is encrypted.`;
}

/** `HOST:PORT`, `HOST`, `PORT`, or nothing of these: a free port of 127.0.0.1. Throws UsageError. */
export function parseHttpAddress(text: string): HttpAddress {
  const whole = /^\d{1,5}$/.test(text) ? `:${text}` : text;
  const [match, bracketed, name, digits = '0'] =
    /^(?:\[([\da-f:.]+)\]|([a-z\d][a-z\d.-]*))?(?::(\d{1,5}))?$/i.exec(whole) ?? [];
  const port = Number(digits);
  if (match === undefined || port > 65_535)
    throw new UsageError(`${JSON.stringify(text)} is no address to listen at.`, {
      hint: 'It looks like 127.0.0.1:7111, or 7111, or [::1]:7111; without a port a free one is taken.',
    });
  return { host: bracketed ?? name ?? '127.0.0.1', port };
}

/** A file that only this user may read, in the first place that there is; undefined if there is none. */
function writeToken(port: string, token: string): string | undefined {
  for (const directory of runtimeDirectories()) {
    const path = join(directory, `control-${port}.token`);
    try {
      requirePrivate(directory);
      // A file of an earlier process may have other rights.
      rmSync(path, { force: true });
      writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
      return path;
    } catch {
      // The next place; the token is in the output, too.
    }
  }
  return undefined;
}
