import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { controlPaths, requestPowerCycle, serveControl } from '../../../src/app/control-socket.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'fauxkey-control-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function serve(paths: readonly string[], powerCycle: () => Promise<void> = () => Promise.resolve()) {
  const server = await serveControl(paths, powerCycle);
  onTestFinished(() => server.close());
  return server;
}

/** What the key answers to these bytes before it hangs up. */
function ask(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path, () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe.skipIf(process.platform === 'win32')('the control socket', () => {
  it('is one per store and key, in a place of this user', () => {
    const xdg = directory();
    vi.stubEnv('XDG_RUNTIME_DIR', xdg);
    onTestFinished(() => void vi.unstubAllEnvs());
    const paths = controlPaths('/store', 'default');
    expect(paths[0]?.startsWith(join(xdg, 'fauxkey/'))).toBe(true);
    expect(paths).toHaveLength(2);
    const all = [paths, controlPaths('/store', 'work'), controlPaths('/other', 'default')].flat();
    expect(new Set(all).size).toBe(6);
    vi.stubEnv('XDG_RUNTIME_DIR', '');
    expect(controlPaths('/store', 'default')).toEqual(paths.slice(1));
  });

  it('power-cycles the key, for its user alone', async () => {
    const powerCycle = vi.fn(() => Promise.resolve());
    const { path } = await serve([join(directory(), 'run', 'k.sock')], powerCycle);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    await requestPowerCycle(path);
    await requestPowerCycle(path);
    expect(powerCycle).toHaveBeenCalledTimes(2);
  });

  it('does not confirm what failed', async () => {
    const { path } = await serve([join(directory(), 'k.sock')], () => Promise.reject(new TypeError('no')));
    await expect(requestPowerCycle(path)).rejects.toThrow('no confirmation');
  });

  it('hangs up on whatever is no request', async () => {
    const powerCycle = vi.fn(() => Promise.resolve());
    const { path } = await serve([join(directory(), 'k.sock')], powerCycle);
    for (const text of ['\n', 'power-cycle\nand more', 'info\n', 'x'.repeat(65), '\x00\xff\n'])
      expect(await ask(path, text)).toBe('');
    expect(powerCycle).not.toHaveBeenCalled();
    expect(await ask(path, 'power-cycle\n')).toBe('done\n');
  });

  it('takes the place of what a dead process left, and leaves nothing itself', async () => {
    const path = join(directory(), 'k.sock');
    writeFileSync(path, 'left over');
    const server = await serveControl([path], () => Promise.resolve());
    await requestPowerCycle(path);
    server.close();
    await vi.waitFor(() => expect(existsSync(path)).toBe(false));
    await expect(requestPowerCycle(path)).rejects.toThrow();
  });

  it('moves on where it cannot be', async () => {
    const place = directory();
    const open = join(place, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(directory(), join(place, 'link'));
    writeFileSync(join(place, 'file'), '');
    const unfit = [join(open, 'k'), join(place, 'link', 'k'), join(place, 'file', 'k'), '/proc/no/k'];
    const tooLong = join(place, 'x'.repeat(200), 'k.sock');
    const good = join(place, 'good', 'k.sock');
    expect((await serve([...unfit, tooLong, good])).path).toBe(good);
    await expect(serveControl(unfit, () => Promise.resolve())).rejects.toThrow();
  });

  it('gives up on a process that hangs up without a word', async () => {
    const path = join(directory(), 'k.sock');
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    await expect(requestPowerCycle(path)).rejects.toThrow();
  });
});
