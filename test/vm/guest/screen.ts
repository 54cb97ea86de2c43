/** A screen, a keyboard and a pointer for the browsers' own dialogs, which page automation neither sees nor reaches. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { countDifferences, countPixels, encodePng, parseXwd, type ColourTest, type Frame } from './frame.ts';
import { SCREENS, scratch } from './places.ts';
import { run, startDaemon, type Finished } from './process.ts';
import type { Scope } from './suite.ts';
import { until, within } from './until.ts';

/** A blinking caret and a progress bar change less than this. */
const STILL_PIXELS = 600;
const STILL_FRAMES = 3;

/** One look at a screen. */
export interface Look {
  /** How many pixels have a colour. */
  readonly count: (test: ColourTest) => number;
  /** How many pixels are not as in another picture. */
  readonly differences: (other: Frame) => number;
}

export class Screen {
  readonly display: string;
  readonly #frameBuffer: string;
  #captures = 0;

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

  /** Keeps the screen as a picture on the share, numbered in the order of the run; answers the file's name. */
  capture(name: string): string {
    this.#captures += 1;
    const number = String(this.#captures).padStart(2, '0');
    const file = `${name}-${number}`.replaceAll(/[^a-z0-9]+/gi, '-') + '.png';
    writeFileSync(join(SCREENS, file), encodePng(this.frame()));
    return file;
  }

  /** What the screen shows now. */
  frame(): Frame {
    return parseXwd(readFileSync(this.#frameBuffer));
  }

  /** Waits until the screen shows something. */
  async waitUntil(what: string, limitSeconds: number, shows: (look: Look) => boolean): Promise<void> {
    await until(what, limitSeconds, () => {
      const frame = this.frame();
      return shows({
        count: (test) => countPixels(frame, test),
        differences: (other) => countDifferences(frame, other),
      });
    });
  }

  /** Waits until a window that can be seen has a title. */
  async waitForTitle(title: RegExp, limitSeconds: number): Promise<void> {
    await until(`window titled ${String(title)}`, limitSeconds, async () => {
      const found = await this.#run('search', '--onlyvisible', '--name', '.', 'getwindowname', '%@');
      return found.stdout.split('\n').some((line) => title.test(line));
    });
  }

  /** Waits until nothing moves any more but a caret: what was typed is shown, what opens is open. */
  async settle(limitSeconds = 20): Promise<void> {
    let last = this.frame();
    let still = 0;
    await until('screen that stands still', limitSeconds, () => {
      const frame = this.frame();
      still = countDifferences(last, frame) < STILL_PIXELS ? still + 1 : 0;
      last = frame;
      return still >= STILL_FRAMES;
    });
  }

  async #xdotool(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await this.#run(...args);
    if (code !== 0) throw new Error(`xdotool ${args.join(' ')}: ${stderr}`);
  }

  #run(...args: readonly string[]): Promise<Finished> {
    return run('xdotool', args, { env: { DISPLAY: this.display } });
  }
}

export async function openScreen(scope: Scope): Promise<Screen> {
  const directory = scratch('screen');
  const screen = ['-screen', '0', '1024x768x24', '-fbdir', directory];
  const server = spawn('Xvfb', ['-displayfd', '3', ...screen, '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  scope.defer(() => server.kill());
  // Xvfb writes its number when it is ready for clients.
  const [number] = (await within('Xvfb', 60, once(server.stdio[3] as Readable, 'data'))) as [Buffer];
  const display = `:${number.toString('utf8').trim()}`;
  startDaemon(scope, 'openbox', 'openbox', ['--sm-disable'], { DISPLAY: display });
  return new Screen(display, join(directory, 'Xvfb_screen0'));
}
