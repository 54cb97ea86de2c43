import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What another process of the same user may ask of a running key: one line in, one line out. */
const powerCycleRequest = 'power-cycle';
const done = 'done';
const maxRequestLength = 64;
/** Milliseconds after which a process that does not answer counts as stuck. */
const answerTimeout = 10_000;

/** Where the process that runs this key of this store listens: a socket only its user may open, or a named pipe. */
export function controlPath(store: string, name: string): string {
  const id = createHash('sha256').update(`${store}\0${name}`).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\fauxkey-${id}`;
  return join(runtimeDirectory(), `${id}.sock`);
}

/** Not in the store itself: the path of a socket may have no more than about a hundred bytes. */
function runtimeDirectory(): string {
  const own = process.env['XDG_RUNTIME_DIR'];
  return own ? join(own, 'fauxkey') : join(tmpdir(), `fauxkey-${userInfo().uid}`);
}

/** Listens for requests. The caller holds the key's lease, so a socket file that is there already is a leftover. */
export async function serveControl(path: string, powerCycle: () => Promise<void>): Promise<Server> {
  if (process.platform !== 'win32') {
    mkdirSync(runtimeDirectory(), { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => serveOne(socket, powerCycle));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  server.unref();
  return server;
}

function serveOne(socket: Socket, powerCycle: () => Promise<void>): void {
  let received = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (received.length > maxRequestLength) socket.destroy();
    if (received !== `${powerCycleRequest}\n`) return;
    powerCycle().then(
      () => socket.end(`${done}\n`),
      () => socket.destroy(),
    );
  });
}

/** Asks the process behind `path` for a power cycle; rejects if it does not confirm it. */
export function requestPowerCycle(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(path, () => socket.write(`${powerCycleRequest}\n`));
    socket.setEncoding('utf8');
    socket.setTimeout(answerTimeout, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('error', reject);
    socket.on('close', () => (answer === `${done}\n` ? resolve() : reject(new Error('no confirmation'))));
  });
}
