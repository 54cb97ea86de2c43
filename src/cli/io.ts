import type { App } from '../app/api.ts';
import type { TerminalInput } from '../consent/terminal-input.ts';

/** What is needed of `process.stdout` and `process.stderr`. */
export interface Output {
  write(data: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The process, as commands see it; tests play another one. */
export interface Io {
  readonly stdin: TerminalInput;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Text of a file (UTF-8). Throws what `node:fs` throws. */
  readFile(path: string): Promise<string>;
  /** Writes a file that only its owner may read. Throws EEXIST for one that exists, unless `overwrite`. */
  writeFile(path: string, text: string, overwrite: boolean): Promise<void>;
  /** Returns a function that gives the signal its usual meaning back. */
  onSignal(name: SignalName, listener: () => void): () => void;
  /** Calls back when nobody reads the output any more. */
  onOutputClosed(listener: () => void): () => void;
  /** Whether the terminal that this was started from is gone: a SIGHUP then means the end. */
  terminalGone(): boolean;
}

/** What every command gets. */
export interface Cli {
  readonly io: Io;
  readonly app: App;
  readonly version: string;
  /** The exit code so far; a command that did its work leaves it at 0. */
  exitCode: number;
}
