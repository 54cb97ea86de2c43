/** A screen and a keyboard for the browsers' own dialogs, which page automation neither sees nor reaches. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SCREENS, scratch } from './places.ts';
import { output, run, startDaemon } from './process.ts';
import type { Scope } from './suite.ts';
import { until, within } from './until.ts';
import { xwdToPng } from './png.ts';

export interface Window {
  readonly id: string;
  readonly title: string;
}

export class Screen {
  readonly display: string;
  readonly #frameBuffer: string;

  constructor(display: string, frameBuffer: string) {
    this.display = display;
    this.#frameBuffer = frameBuffer;
  }

  /** Types into whatever has the keyboard's focus. */
  async type(text: string): Promise<void> {
    await this.#xdotool('type', '--delay', '40', text);
  }

  async press(...keys: readonly string[]): Promise<void> {
    await this.#xdotool('key', '--delay', '60', ...keys);
  }

  async click(x: number, y: number): Promise<void> {
    await this.#xdotool('mousemove', String(x), String(y), 'click', '1');
  }

  /** The windows that can be seen, in the order in which they were made. */
  async windows(): Promise<Window[]> {
    const found = await run('xdotool', ['search', '--onlyvisible', '--name', '.'], { env: this.#env() });
    const ids = found.stdout.split('\n').filter((line) => line !== '');
    const titles = await Promise.all(
      ids.map((id) =>
        run('xdotool', ['getwindowname', id], { env: this.#env() }).then((r) => r.stdout.trim()),
      ),
    );
    return ids.map((id, index) => ({ id, title: titles[index] ?? '' }));
  }

  waitForWindow(title: RegExp, limitSeconds: number): Promise<Window> {
    return until(`window titled ${String(title)}`, limitSeconds, async () =>
      (await this.windows()).find((window) => title.test(window.title)),
    );
  }

  /** Keeps the screen as `screens/NAME.png` on the share; answers the file's name. */
  capture(name: string): string {
    const file = `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png`;
    writeFileSync(join(SCREENS, file), xwdToPng(readFileSync(this.#frameBuffer)));
    return file;
  }

  #xdotool(...args: readonly string[]): Promise<string> {
    return output('xdotool', args, { env: this.#env() });
  }

  #env(): Readonly<Record<string, string>> {
    return { DISPLAY: this.display };
  }
}

export async function openScreen(scope: Scope): Promise<Screen> {
  const directory = scratch('screen');
  const args = [
    '-displayfd',
    '3',
    '-screen',
    '0',
    '1024x768x24',
    '-fbdir',
    directory,
    '-nolisten',
    'tcp',
    '-noreset',
  ];
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  scope.defer(() => server.kill());
  // Xvfb writes its number when it is ready for clients.
  const number = (await within('Xvfb', 60, once(server.stdio[3] as Readable, 'data'))) as [Buffer];
  const display = `:${number[0].toString('utf8').trim()}`;
  startDaemon(scope, 'openbox', 'openbox', ['--sm-disable'], { DISPLAY: display });
  return new Screen(display, join(directory, 'Xvfb_screen0'));
}
