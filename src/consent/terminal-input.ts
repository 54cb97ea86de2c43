import { StringDecoder } from 'node:string_decoder';
import { parseKeys } from './text/keys.ts';
import type { KeyPress } from './text/keys.ts';

/** What is needed of `process.stdin`; any readable stream of bytes will do. */
export interface TerminalInput {
  readonly isTTY?: boolean | undefined;
  setRawMode?(mode: boolean): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface KeyListener {
  press(press: KeyPress): void;
  /** The input is closed: nobody will press anything any more. */
  end(): void;
}

/**
 * Key presses of a terminal, or the characters of a pipe. On a terminal the raw mode lasts exactly from `start` to
 * `stop`, so that Ctrl-C means the usual at every other time. What a pipe holds beyond one answer waits for the next.
 */
export class KeyReader {
  readonly #input: TerminalInput;
  readonly #decoder = new StringDecoder('utf8');
  readonly #unread: KeyPress[] = [];
  #listener: KeyListener | undefined;
  #ended = false;

  constructor(input: TerminalInput) {
    this.#input = input;
  }

  /** Whether single keys arrive as they are pressed; otherwise whole lines do. */
  get interactive(): boolean {
    return this.#input.isTTY === true && this.#input.setRawMode !== undefined;
  }

  start(listener: KeyListener): void {
    this.#listener = listener;
    if (this.interactive) this.#input.setRawMode?.(true);
    this.#input.on('data', this.#onData);
    this.#input.on('end', this.#onEnd);
    this.#input.resume();
    // Not at once: the caller first shows the question that these answer.
    queueMicrotask(() => this.#deliver());
  }

  stop(): void {
    if (!this.#listener) return;
    this.#listener = undefined;
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#onEnd);
    this.#input.pause();
    if (this.interactive) this.#input.setRawMode?.(false);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#unread.push(...parseKeys(this.#decoder.write(Buffer.from(chunk))));
    this.#deliver();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#deliver();
  };

  #deliver(): void {
    for (let press = this.#take(); press; press = this.#take()) this.#listener?.press(press);
    if (this.#ended) this.#listener?.end();
  }

  #take(): KeyPress | undefined {
    return this.#listener ? this.#unread.shift() : undefined;
  }
}
