import { describe, expect, it } from 'vitest';
import { createScreen } from '../../../src/cli/screen.ts';

function setUp(options: { isTTY?: boolean; columns?: number; env?: Record<string, string> } = {}) {
  const { isTTY = true, columns = 20, env = {} } = options;
  let text = '';
  const output = {
    isTTY,
    columns,
    write: (more: string) => void (text += more),
  };
  const screen = createScreen(output, env);
  return {
    screen,
    output,
    take: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

describe('the screen', () => {
  it('prints lines above the status line', () => {
    const { screen, take } = setUp();
    screen.line('one');
    screen.status('busy');
    screen.line('two');
    expect(take()).toBe('one\n\r\x1b[2Kbusy\r\x1b[2Ktwo\nbusy');
    screen.status(undefined);
    screen.line('three');
    expect(take()).toBe('\r\x1b[2Kthree\n');
  });

  it('writes a status once', () => {
    const { screen, take } = setUp();
    screen.status('busy');
    take();
    screen.status('busy');
    screen.status(undefined);
    screen.status(undefined);
    expect(take()).toBe('\r\x1b[2K');
  });

  it('keeps the status on one line', () => {
    const { screen, take } = setUp();
    screen.status('\x1b[1m[Enter]\x1b[22m allow');
    expect(take()).toContain('\x1b[1m[Enter]');
    screen.status('\x1b[1m[Enter]\x1b[22m allow, or do not');
    expect(take()).toBe('\r\x1b[2K[Enter] allow, or …');
  });

  it('has no status where nothing can be taken back', () => {
    for (const options of [{ isTTY: false }, { env: { TERM: 'dumb' } }]) {
      const { screen, take } = setUp(options);
      screen.status('busy');
      screen.line('one');
      expect([take(), screen.live]).toEqual(['one\n', false]);
    }
  });

  it('follows the width of the window', () => {
    const { screen, output } = setUp();
    output.columns = 33;
    expect(screen.columns).toBe(33);
  });

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('has colours on a terminal (%s) with %j: %s', (isTTY, env, colour) => {
    expect(setUp({ isTTY, env }).screen.colour).toBe(colour);
  });
});
