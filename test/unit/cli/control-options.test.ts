import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../../src/app/api-start.ts';
import { run } from '../../../src/cli/run.ts';
import { settle } from '../../support/fake-clock.ts';
import { execute, FakeApp, FakeIo } from './support.ts';

const shown = { url: 'http://127.0.0.1:7111', token: 'abc', tokenFile: '/run/control-7111.token' };

async function start(
  args: string,
): Promise<{ readonly io: FakeIo; readonly started: StartOptions | undefined }> {
  const io = new FakeIo({});
  const app = new FakeApp();
  Object.assign(app.runningKey, { control: shown });
  const ended = run(['start', ...args.split(' ')], io, app, '1.2.3');
  for (let i = 0; i < 5; i++) await settle();
  io.listeners.get('SIGINT')?.();
  await ended;
  return { io, started: app.started };
}

describe('--control', () => {
  it.each([
    ['--control', { address: '', origins: [], version: '1.2.3' }],
    ['--control --control-token-file here/t', { tokenKeptIn: 'here/t' }],
    ['--control 127.0.0.1:7111', { address: '127.0.0.1:7111', origins: [], version: '1.2.3' }],
    [
      '--control --control-origin http://localhost:3000 --control-origin moz-extension://a-b',
      { address: '', origins: ['http://localhost:3000', 'moz-extension://a-b'], version: '1.2.3' },
    ],
  ])('reaches the program: %s', async (args, control) => {
    expect((await start(args)).started).toMatchObject({ control });
  });

  it('is off unless it is asked for', async () => {
    expect((await start('--memory')).started).not.toHaveProperty('control');
  });

  it.each([
    ['start --control-origin http://localhost:3000', '--control-origin is of use with --control only.'],
    ['start --control-token-file t', '--control-token-file is of use with --control only.'],
    ['start --control --control-origin localhost:3000', 'An origin looks like'],
    ['start --control --control-origin http://localhost:3000/', 'An origin looks like'],
  ])('is refused where it makes no sense: %s', async (args, sentence) => {
    const { code, err } = await execute(args);
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)]);
  });

  it('is told to people and to scripts', async () => {
    const people = (await start('--control')).io.stdout.text;
    expect(people).toContain('Control    http://127.0.0.1:7111');
    expect(people).toContain('Token      abc (in /run/control-7111.token)');
    const [ready = ''] = (await start('--control --json')).io.stdout.text.split('\n');
    expect(JSON.parse(ready)).toMatchObject({ event: 'ready', control: shown });
  });
});

describe('--rig', () => {
  it.each([
    ['--rig touch', [{ kind: 'touch', port: 8113 }]],
    [
      '--rig conformance:3456 --rig touch:0',
      [
        { kind: 'conformance', port: 3456 },
        { kind: 'touch', port: 0 },
      ],
    ],
  ])('reaches the program with its port: %s', async (args, rigs) => {
    expect((await start(args)).started).toMatchObject({ rigs });
  });

  it.each([
    ['robot', 'It is touch or conformance, with :PORT behind it if you like.'],
    ['touch:', 'It is touch or conformance, with :PORT behind it if you like.'],
    ['touch:65536', 'A port is a number up to 65535.'],
  ])('is refused where it makes no sense: %s', async (rig, sentence) => {
    const { code, err } = await execute(`start --rig ${rig}`);
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)]);
  });
});
