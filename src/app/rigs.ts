import type { Hono } from 'hono';
import type { KeyHost } from '../control/handle.ts';
import { createConformanceRig, type ConformanceResults } from '../control/rig/conformance-rig.ts';
import { createTouchRig } from '../control/rig/touch-rig.ts';
import type { RigOptions, RunningRig } from './api-start.ts';
import { serveHttp } from './http-server.ts';

/** A rig that listens. */
export interface RigServer extends RunningRig {
  close(): Promise<void>;
}

/** Serves a rig at a port of this machine, the one that its suites look for unless given. Throws TransportError. */
export async function startRig(
  host: KeyHost,
  { kind, port }: RigOptions,
  onResults: (results: ConformanceResults) => void,
): Promise<RigServer> {
  const rig = createRig(host, kind, onResults);
  const server = await serveHttp(async (request) => rig.fetch(request), { host: '127.0.0.1', port });
  return { kind, url: server.url, close: () => server.close() };
}

function createRig(
  host: KeyHost,
  kind: RigOptions['kind'],
  onResults: (results: ConformanceResults) => void,
): Hono {
  switch (kind) {
    case 'touch':
      return createTouchRig(host);
    case 'conformance':
      return createConformanceRig({ host, onResults });
  }
}
