import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** What another process of the same user may ask of a running key: one line in, one line out. */
const powerCycleRequest = 'power-cycle';
const done = 'done';
const maxRequestLength = 64;
/** Milliseconds after which a process that does not answer counts as stuck, and one that does not ask as gone. */
const answerTimeout = 10_000;

/**
 * Where the process that runs this key of this store may listen, the best place first: a socket only its user may open,
 * or a named pipe. Not in the store itself: the path of a socket may have no more than about a hundred bytes.
 */
export function controlPaths(store: string, name: string): readonly string[] {
  const id = createHash('sha256').update(`${store}\0${name}`).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return [`\\\\.\\pipe\\fauxkey-${id}`];
  return runtimeDirectories().map((directory) => join(directory, `${id}.sock`));
}

/** Directories of this program alone. XDG_RUNTIME_DIR may be inherited from another user, and not exist in a container. */
export function runtimeDirectories(): readonly string[] {
  const own = process.env['XDG_RUNTIME_DIR'];
  const common = join(tmpdir(), `fauxkey-${userInfo().uid}`);
  return own ? [join(own, 'fauxkey'), common] : [common];
}

/** A server that listens, and where. */
export interface ControlServer {
  readonly path: string;
  close(): void;
}

/**
 * Listens for requests at the first path that works; throws the error of the last one if none does. The caller holds the
 * key's lease, so a socket file that is there already is a leftover.
 */
export async function serveControl(
  paths: readonly string[],
  powerCycle: () => Promise<void>,
): Promise<ControlServer> {
  let failure: unknown;
  for (const path of paths) {
    try {
      const server = await listen(path, powerCycle);
      return { path, close: () => void server.close() };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function listen(path: string, powerCycle: () => Promise<void>): Promise<Server> {
  if (process.platform !== 'win32') {
    requirePrivate(dirname(path));
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => serveOne(socket, powerCycle));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  // A connection that fails must not take the key down with it.
  server.on('error', () => undefined);
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  server.unref();
  return server;
}

/** Makes a directory of this user alone if need be. In /tmp anybody may have made one of this name before us: throws then. */
export function requirePrivate(directory: string): void {
  // Not recursive: what it would be in has to exist, and in /proc Node.js would try for ever.
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== userInfo().uid || (stat.mode & 0o077) !== 0)
    throw new NotPrivateError(`${directory} is not a directory of this user alone`);
}

class NotPrivateError extends Error {
  override readonly name = 'NotPrivateError';
}

function serveOne(socket: Socket, powerCycle: () => Promise<void>): void {
  let received = '';
  socket.setEncoding('utf8');
  socket.unref();
  socket.setTimeout(answerTimeout, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (!received.includes('\n') && received.length <= maxRequestLength) return;
    socket.removeAllListeners('data');
    if (received !== `${powerCycleRequest}\n`) socket.destroy();
    else {
      powerCycle().then(
        () => socket.end(`${done}\n`),
        () => socket.destroy(),
      );
    }
  });
}

/** Asks the process behind `path` for a power cycle; rejects if it does not confirm it. */
export function requestPowerCycle(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(path, () => socket.write(`${powerCycleRequest}\n`));
    socket.setEncoding('utf8');
    socket.setTimeout(answerTimeout, () => socket.destroy(new NoAnswerError('no answer')));
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('error', reject);
    socket.on('close', () =>
      answer === `${done}\n` ? resolve() : reject(new NoAnswerError('no confirmation')),
    );
  });
}

class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}
