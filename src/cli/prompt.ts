import { KeyReader } from '../consent/terminal-input.ts';
import { UsageError } from '../ports/errors.ts';
import { Interrupted } from './failure.ts';
import type { Io } from './io.ts';

/** Whether somebody is there to answer. Questions go to stderr, so that the output stays clean. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/**
 * Asks for one line on the terminal; what is typed does not show when `hidden`. Throws Interrupted at Ctrl-C and
 * Ctrl-D. Ask `canAsk` first.
 */
export async function askLine(io: Io, label: string, hidden: boolean): Promise<string> {
  const reader = new KeyReader(io.stdin);
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed: string[] = [];
      const echo = (text: string) => {
        if (!hidden) io.stderr.write(text);
      };
      const erase = (count: number) => {
        typed = typed.slice(0, typed.length - count);
        echo('\b \b'.repeat(count));
      };
      reader.start({
        press: (press) => {
          switch (press.type) {
            case 'enter':
              resolve(typed.join(''));
              break;
            case 'interrupt':
            case 'end':
              reject(new Interrupted());
              break;
            case 'clear':
              erase(typed.length);
              break;
            case 'backspace':
              erase(Math.min(1, typed.length));
              break;
            case 'character':
              typed.push(press.character);
              echo(press.character);
          }
        },
        end: () => reject(new Interrupted()),
      });
      // Only now: what is typed at the sight of it must not be echoed by the terminal.
      io.stderr.write(label);
    });
  } finally {
    reader.stop();
    io.stderr.write('\n');
  }
}

/** A yes or no question whose default is no. Without a terminal: UsageError that names `--yes`. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  if (!canAsk(io))
    throw new UsageError('This asks first, but nobody can answer here.', { hint: 'Add --yes to go ahead.' });
  return /^y(es)?$/i.test((await askLine(io, `${question} [y/N] `, false)).trim());
}

/** All of the standard input as text. */
export async function readInput(io: Io): Promise<string> {
  const chunks: Uint8Array[] = [];
  const onData = (chunk: Uint8Array) => void chunks.push(chunk);
  await new Promise<void>((resolve) => {
    io.stdin.on('data', onData);
    io.stdin.on('end', resolve);
    io.stdin.resume();
  });
  io.stdin.off('data', onData);
  return Buffer.concat(chunks).toString('utf8');
}
