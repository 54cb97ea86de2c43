import { access, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { TransportError } from '../ports/transport.ts';
import { systemErrorCode, toListenError } from './listen-error.ts';

/**
 * Makes room for a socket at `path`: a socket file that nobody listens on, left by a process that was killed, is
 * removed. Throws TransportError `in-use` if somebody listens there, or if it is no socket at all.
 */
export async function clearStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) return requireDirectory(path);
  if (!stats.isSocket()) {
    throw new TransportError('in-use', `${path} exists and is no socket.`, 'Choose another path.');
  }
  if (await hasListener(path)) {
    throw new TransportError(
      'in-use',
      `Another program already listens at unix:${path}; it may be another key.`,
      'End that program, or choose another path.',
    );
  }
  await unlink(path);
}

// Node.js reports a missing directory as a missing permission, which would send the user on the wrong way.
async function requireDirectory(path: string): Promise<void> {
  await access(dirname(path)).catch((error: unknown) => {
    throw toListenError(error, `unix:${path}`);
  });
}

// Only a refusal shows that nobody is there: a listener of another user, or a busy one, gives other errors.
function hasListener(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(systemErrorCode(error) !== 'ECONNREFUSED'));
  });
}
