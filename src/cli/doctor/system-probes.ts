import { createSocket } from 'node:dgram';
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir, release, userInfo } from 'node:os';
import { delimiter } from 'node:path';
import process from 'node:process';
import { runtimeDirectories } from '../../app/control-socket.ts';
import type { Probes } from './check.ts';

/** Undefined instead of an error: what cannot be looked at is not there, as far as a check can tell. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error';
}

function openDevice(path: string): string {
  try {
    closeSync(openSync(path, 'r+'));
    return 'ok';
  } catch (error) {
    return errorCode(error);
  }
}

function bindTcp(port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', (error) => resolve(errorCode(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve('ok')));
  });
}

function bindUdp(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('error', (error) => resolve(errorCode(error)));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve('ok')));
  });
}

async function load(name: 'lmdb' | 'node-hid'): Promise<string | undefined> {
  try {
    await import(name);
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0];
  }
}

/** The machine that this runs on. */
export function systemProbes(): Probes {
  return {
    platform: process.platform,
    nodeVersion: process.version,
    kernelRelease: release(),
    userName: attempt(() => userInfo().username) ?? '$USER',
    home: homedir(),
    path: (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== ''),
    text: (path) => attempt(() => readFileSync(path, 'utf8')),
    bytes: (path) => attempt(() => readFileSync(path)),
    entries: (directory) => attempt(() => readdirSync(directory)) ?? [],
    exists: existsSync,
    mode: (path) => attempt(() => statSync(path).mode & 0o777),
    setMode: (path, mode) => attempt(() => chmodSync(path, mode)),
    socketDirectories: attempt(runtimeDirectories) ?? [],
    realPath: (path) => attempt(() => realpathSync(path)),
    openDevice,
    bindPort: (kind, port) => (kind === 'tcp' ? bindTcp(port) : bindUdp(port)),
    load,
  };
}
