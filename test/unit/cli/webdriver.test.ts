import { describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import type { HostEvent, HostHappening } from '../../../src/control/handle.ts';
import { TransportError } from '../../../src/ports/transport.ts';
import { settle } from '../../support/fake-clock.ts';
import { execute, FakeApp, FakeIo } from './support.ts';

const upstream = 'http://127.0.0.1:9515';

async function start(args = '', app = new FakeApp()) {
  const io = new FakeIo({});
  const ended = run(
    ['webdriver', '--upstream', upstream, ...args.split(' ').filter(Boolean)],
    io,
    app,
    '1.2.3',
  );
  for (let i = 0; i < 5; i++) await settle();
  return { io, app, ended, stop: () => io.listeners.get('SIGINT')?.() };
}

const event = (happening: Partial<HostHappening>) =>
  ({ id: 1, time: 0, key: 'key-2', ...happening }) as HostEvent;

describe('fauxkey webdriver', () => {
  it('says where it listens and what happens, until it is stopped', async () => {
    const { app, ended, io, stop } = await start();
    expect(app.webDriver).toMatchObject({ upstream, listen: '4445', transports: ['uhid'] });
    expect(io.stdout.text).toContain(
      'WebDriver  http://127.0.0.1:4445\nPasses to  http://127.0.0.1:9515/\nA note.\n',
    );
    app.webDriver?.onEvent(event({ type: 'key-removed' }));
    const credential = { id: new Uint8Array(1), rpId: 'exa\x1b[31mmple.com', signCount: 1 };
    app.webDriver?.onEvent(event({ type: 'credential-used', credential, by: 'host' }));
    expect(io.stdout.text).toContain('key-2 pulled out\n');
    expect(io.stdout.text).toMatch(/key-2 signed in at exa[^\x1b]*mple\.com\n/);
    stop();
    expect(await ended).toBe(0);
    expect(app.runningKey.closes).toBe(1);
  });

  it('speaks JSON', async () => {
    const { app, ended, io, stop } = await start('--json --listen 5000 -t tcp:127.0.0.1:0 -t uhid');
    app.webDriver?.onEvent(event({ type: 'key-removed' }));
    stop();
    await ended;
    expect(app.webDriver).toMatchObject({ listen: '5000', transports: ['tcp:127.0.0.1:0', 'uhid'] });
    const lines = io.stdout.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { event: 'ready', url: 'http://127.0.0.1:4445' },
      { event: 'key-removed', key: 'key-2' },
    ]);
  });

  it('needs a driver to pass to, and says what is wrong in a sentence', async () => {
    expect(await execute('webdriver')).toMatchObject({ code: 2 });
    const app = new FakeApp();
    app.failure = new TransportError(
      'permission',
      'You may not open /dev/uhid.',
      'Run sudo fauxkey doctor --fix.',
    );
    const { code, err } = await execute(`webdriver --upstream ${upstream}`, { app });
    expect(code).not.toBe(0);
    expect(err).toContain('/dev/uhid');
  });
});
