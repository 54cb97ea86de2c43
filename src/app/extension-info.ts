import { fileURLToPath } from 'node:url';
import { extensionOrigin } from '../control/extension-origin.ts';
import type { ExtensionInfo } from './api.ts';
import { knownServers, listKeys } from './follow-trace.ts';

/** The browser extension of this package, and what pairs it with the keys that this user runs. */
export async function describeExtension(): Promise<ExtensionInfo> {
  const pairings = await Promise.all(
    knownServers().map(async (server) => ({
      url: server.url,
      pairing: `${server.url}/#${server.token}`,
      keys: await listKeys(server, false),
    })),
  );
  return {
    folder: fileURLToPath(new URL('../../extension', import.meta.url)),
    origin: extensionOrigin,
    // A file of a server that was killed leads nowhere.
    pairings: pairings.filter(({ keys }) => keys.length > 0),
  };
}
