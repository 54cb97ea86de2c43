import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect, register } from './host.ts';
import { launcher, temporaryDirectory } from './program.ts';

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** The program in a terminal of its own, made by script(1). */
function startInTerminal(args: string) {
  // Ctrl-C between two questions is a signal for the whole group: the shell must outlive it to report.
  const command = `trap : INT; stty cols 100; '${process.execPath}' '${launcher}' ${args}; echo "code $?"; stty -a`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let screen = '';
  let look: () => void = () => undefined;
  let giveUp: () => void = () => undefined;
  child.on('close', () => giveUp());
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    look();
  });
  return {
    /** Waits for a text on the screen and forgets everything up to it. */
    see: (wanted: RegExp) =>
      new Promise<string>((resolve, reject) => {
        look = () => {
          const found = wanted.exec(screen);
          if (!found) return;
          screen = screen.slice(found.index + found[0].length);
          resolve(found[1] ?? found[0]);
        };
        giveUp = () => reject(new TypeError(`never saw ${String(wanted)} in ${screen}`));
        look();
      }),
    type: (text: string) => void child.stdin.write(text),
  };
}

describe.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/script'))('in a terminal', () => {
  it('the user is asked, answers, and has a working terminal afterwards', async () => {
    const terminal = startInTerminal('start --memory --transport tcp:127.0.0.1:0');
    const client = await connect(await terminal.see(/Reachable +(tcp:[\d.:]+)/));
    await terminal.see(/Ctrl-C stops it/);

    const allowed = register(client, 'example.com', 'alice');
    await terminal.see(/\? Register this key with example\.com\?/);
    await terminal.see(/Account +alice – ALICE/);
    await terminal.see(/\[Enter\] allow {2}\[n\] deny {3}\d\d s left/);
    terminal.type('\r');
    await terminal.see(/✓ Allowed/);
    await expect(allowed).resolves.toMatchObject({ fmt: expect.any(String) as string });

    const denied = register(client, 'example.com', 'bob');
    const refusal = expect(denied).rejects.toMatchObject({ status: 0x27 });
    await terminal.see(/s left/);
    terminal.type('\x03');
    await terminal.see(/✗ Denied/);
    await refusal;

    terminal.type('\x03');
    await terminal.see(/Stopping…/);
    await terminal.see(/code 0/);
    await terminal.see(/ icanon .* echo /s);
  });

  it('a PIN is asked for without showing it', async () => {
    const terminal = startInTerminal(`pin set --keystore '${await temporaryDirectory()}/keys'`);
    await terminal.see(/New PIN: /);
    terminal.type('1234\r');
    expect(await terminal.see(/([^]*)The new PIN again: /)).not.toContain('1');
    terminal.type('1234\r');
    expect(await terminal.see(/([^]*)has a PIN now/)).not.toContain('1');
    await terminal.see(/code 0/);
  });
});
