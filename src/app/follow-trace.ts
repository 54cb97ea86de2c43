import { readFileSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../ports/errors.ts';
import type { FollowedTrace, TraceWish } from './api.ts';
import { runtimeDirectories } from './control-socket.ts';

/** A control server of this user. */
export interface Server {
  readonly url: string;
  readonly token: string;
}

/**
 * The trace of a key that a control server of this machine, or the one at the URL, holds. Throws UsageError: `not-running`
 * if there is none, `no-such-key`, or for a token that is not the server's.
 */
export async function followTrace(wish: TraceWish): Promise<FollowedTrace> {
  const { server, key } = await findKey(wish);
  const { follow, format, past, secrets } = wish;
  const path = format === 'pcapng' ? 'trace.pcapng' : 'trace';
  const query = new URLSearchParams({
    ...(follow && { follow: 'true', past: String(past) }),
    ...(secrets && { secrets: 'true' }),
  });
  const body = await get(server, `/keys/${encodeURIComponent(key)}/${path}?${query.toString()}`);
  return {
    key,
    url: server.url,
    body,
    saveTo: (file) => save(body, file),
    close() {
      body.destroy();
      return Promise.resolve();
    },
  };
}

/** Ends without an error also when the trace was closed in the middle. */
async function save(body: IncomingMessage, file: string): Promise<void> {
  // Opened first: a trace that ends at once leaves an empty file, not none.
  const opened = await open(file, 'w', 0o600);
  try {
    await pipeline(body, opened.createWriteStream());
  } catch (error) {
    if (!body.destroyed || !isCode(error, 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'ABORT_ERR'))
      throw error;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

interface Found {
  readonly server: Server;
  readonly key: string;
}

/** Where the key is: on the server that is named, or on the one server of this machine that has it. */
async function findKey({ key, token, url }: TraceWish): Promise<Found> {
  const servers = url === undefined ? knownServers() : [{ url: baseOf(url), token: token ?? tokenFor(url) }];
  const found: Found[] = [];
  for (const server of servers) {
    const ids = await listKeys(server, url !== undefined);
    found.push(...ids.filter((id) => key === undefined || id === key).map((id) => ({ server, key: id })));
  }
  const [first, second] = found;
  if (first && !second) return first;
  if (second) throw ambiguous(found);
  throw key === undefined || servers.length === 0
    ? new UsageError('No key with a control server is running here.', {
        problem: 'not-running',
        hint: 'Start one with `fauxkey start --control`.',
      })
    : new UsageError(`No control server has a key ${JSON.stringify(key)}.`, {
        problem: 'no-such-key',
        hint: 'Leave --key out to take the only one that there is.',
      });
}

function ambiguous(found: readonly Found[]): UsageError {
  const places = found.map(({ key, server }) => `${key} at ${server.url}`).join(', ');
  return new UsageError(`There are several keys: ${places}.`, {
    hint: 'Choose with --key ID and --url URL.',
  });
}

/** Throws UsageError for anything but the URL of an HTTP server. */
function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'http:') return parsed.origin;
  throw new UsageError(`${JSON.stringify(url)} is no URL of a control server.`, {
    hint: 'It is printed at the start, and looks like http://127.0.0.1:40123.',
  });
}

const tokenFile = /^control-(\d+)\.token$/;

/** Servers that this user started on this machine, by the files that hold their tokens. */
export function knownServers(): readonly Server[] {
  return runtimeDirectories().flatMap((directory) =>
    entriesOf(directory).flatMap((name) => {
      const port = tokenFile.exec(name)?.[1];
      const token = port === undefined ? undefined : readToken(join(directory, name));
      return port === undefined || token === undefined ? [] : [{ url: `http://127.0.0.1:${port}`, token }];
    }),
  );
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Most machines have one of these directories only.
    return [];
  }
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // The server has just ended, or another user's is in the way.
    return undefined;
  }
}

function tokenFor(url: string): string {
  const { port } = new URL(baseOf(url));
  for (const directory of runtimeDirectories()) {
    const token = readToken(join(directory, `control-${port}.token`));
    if (token !== undefined) return token;
  }
  throw new UsageError(`The token of ${url} is not known here.`, {
    hint: 'Give it with --token or FAUXKEY_CONTROL_TOKEN; it is printed at the start.',
  });
}

/** Ids of its keys; none for a server that does not answer, unless it was named. */
export async function listKeys(server: Server, isNamed: boolean): Promise<readonly string[]> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await get(server, '/keys')) chunks.push(chunk as Buffer);
    const keys = JSON.parse(Buffer.concat(chunks).toString()) as readonly { readonly id: string }[];
    return keys.map(({ id }) => id);
  } catch (error) {
    // A file of a server that was killed leads nowhere, or to a stranger.
    if (isNamed) throw error;
    return [];
  }
}

/** Not `fetch`: it gives up a stream that is silent for five minutes. */
function get({ token, url }: Server, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    asked.on('error', (cause) => {
      const problem = 'not-running';
      reject(new UsageError(`No control server answers at ${url}.`, { problem, cause }));
    });
    asked.on('response', (response) => {
      if (response.statusCode === 200) resolve(response);
      else {
        response.destroy();
        reject(refusal(response.statusCode, url));
      }
    });
    asked.end();
  });
}

function refusal(status: number | undefined, url: string): UsageError {
  if (status === 401) return new UsageError(`The token is not that of the control server at ${url}.`);
  if (status === 404) {
    return new UsageError(`The control server at ${url} has no trace of this key.`, {
      problem: 'no-such-key',
    });
  }
  return new UsageError(`${url} is no control server: it answered ${String(status)}.`);
}
