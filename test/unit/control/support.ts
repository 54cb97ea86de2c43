import { onTestFinished } from 'vitest';
import { createKeyHost } from '../../../src/app/key-host.ts';
import { systemRandom } from '../../../src/app/system.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { createControlApp, type ControlAppOptions } from '../../../src/control/app.ts';
import { loopbackHosts } from '../../../src/control/guard.ts';
import type { ControlledKey, HostEvent, KeyHost } from '../../../src/control/handle.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';

export const token = 'a-token-for-tests-0123456789abcdef';
const crypto = createNodeCrypto();

export interface Answer {
  readonly status: number;
  readonly json: never;
  readonly headers: Headers;
}

export interface Bench {
  readonly host: KeyHost;
  readonly clock: FakeClock;
  readonly events: readonly HostEvent[];
  readonly defects: readonly unknown[];
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** A request with the token; `body` goes as JSON. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Answer>;
}

/** A control server without a socket over a host with a fake clock. */
export function createBench(options: Partial<ControlAppOptions> = {}): Bench {
  const clock = createFakeClock();
  const host = createKeyHost({ crypto, clock });
  const events: HostEvent[] = [];
  host.subscribe((event) => events.push(event));
  const defects: unknown[] = [];
  const app = createControlApp({
    host,
    clock,
    token,
    hosts: loopbackHosts,
    version: '0.0.0',
    onDefect: (error) => defects.push(error),
    ...options,
  });
  onTestFinished(async () => {
    app.close();
    await host.close();
  });
  const fetch = (path: string, init?: RequestInit): Promise<Response> =>
    app.fetch(new Request(`http://127.0.0.1:4000${path}`, init));
  return {
    host,
    clock,
    events,
    defects,
    fetch,
    async call(method, path, body) {
      const response = await fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const json = (text === '' ? undefined : JSON.parse(text)) as never;
      return { status: response.status, json, headers: response.headers };
    },
  };
}

/** A host's client of a key; its clock is the test's. */
export async function clientOf(key: ControlledKey, clock: FakeClock): Promise<CtapClient> {
  const channel = await openHidChannel({ pipe: key.connect(), clock, random: systemRandom });
  return new CtapClient(channel, { crypto, random: systemRandom });
}

export const registration = {
  clientDataHash: new Uint8Array(32),
  rp: { id: 'example.com' },
  user: { id: Uint8Array.of(1, 2, 3), name: 'ada' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  options: { rk: true },
} as const;

export const assertion = { rpId: 'example.com', clientDataHash: new Uint8Array(32) } as const;
