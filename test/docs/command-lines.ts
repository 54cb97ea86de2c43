import { CommanderError } from 'commander';
import type { Command } from 'commander';
import type { Cli } from '../../src/cli/io.ts';
import { createProgram } from '../../src/cli/program.ts';
import { FakeApp, FakeIo } from '../unit/cli/support.ts';

/** A command line of this program in a document, and where it stands. */
export interface CommandLine {
  readonly line: number;
  /** The words behind `fauxkey`. */
  readonly words: readonly string[];
  /** Among the words of a sentence: it names a command, and need not have all that the command asks for. */
  readonly isMention: boolean;
}

/** The program's name where a shell would run it: first in a line or behind what joins, sudo, npx or env. */
const program =
  /(?:^[\s#$-]*|^[\s-]*run: |[`"'(&|;=]\s*|(?:^|\s)(?:sudo|npx|then|\/usr\/bin\/env) )(?:node (?:\S*\/)?bin\/fauxkey\.js|\$\{FAUXKEY:-\S+\/fauxkey\}|fauxkey) (?=\S)/g;
/** Where a command ends: at what joins, redirects or comments, or where a wide gap leads to an explanation. */
const end = /^(?:[;&|<>)`]|#(?=\s)|…|\s{3,}\S)/;

interface Code {
  readonly line: number;
  readonly code: string;
  readonly isMention: boolean;
}

/** Text of a document in which a command line can stand. */
function codeOf(text: string, isMarkdown: boolean): readonly Code[] {
  let isFenced = false;
  return text.split('\n').flatMap((code, index): readonly Code[] => {
    const line = index + 1;
    if (!isMarkdown) return [{ line, code, isMention: false }];
    if (code.startsWith('```')) isFenced = !isFenced;
    else if (isFenced) return [{ line, code, isMention: false }];
    // A pipe in a table is written with a backslash.
    const spans = [...code.replaceAll('\\|', '|').matchAll(/`([^`]+)`/g)];
    return spans.map(([, span = '']) => ({ line, code: span, isMention: true }));
  });
}

/** Words as a shell takes them, as far as documents go: quotes, and `$(…)` as one word. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (let rest = text; rest.trim() !== '' && !end.test(rest);) {
    const found =
      /^\s*((?:"(?:\$\([^)]*\)|[^"])*"|'[^']*'|\$\([^)]*\)|[a-z-]+(?:\|[a-z-]+)+|[^\s;&|<>)"'`…])+)/.exec(
        rest,
      );
    if (!found || end.test(rest.trimStart())) break;
    words.push((found[1] ?? '').replace(/^(["'])(.*)\1$/, '$2'));
    rest = rest.slice(found[0].length);
  }
  return words;
}

/** `pin set|remove` stands for several command lines; what is in brackets, or an empty variable, may be left out. */
function alternatives(words: readonly string[]): string[][] {
  const at = words.findIndex((word) => /^[a-z-]+(\|[a-z-]+)+$/.test(word));
  if (at < 0) return [words.filter((word) => !/^\[.*\]$|^\$\{\w+:-\}$/.test(word))];
  return (words[at] ?? '').split('|').flatMap((word) => alternatives(words.with(at, word)));
}

export function commandLinesOf(text: string, isMarkdown: boolean): CommandLine[] {
  return codeOf(text, isMarkdown).flatMap(({ line, code, isMention }) =>
    [...code.matchAll(program)].flatMap((found) =>
      alternatives(wordsOf(code.slice(found.index + found[0].length))).map((words) => ({
        line,
        words,
        isMention,
      })),
    ),
  );
}

/** Commands with nothing behind them; those that only group others stay as they are. */
function disarm(command: Command): void {
  if (command.commands.length === 0) command.action(() => undefined);
  for (const inner of command.commands) disarm(inner);
}

/** What the program itself says against a command line; undefined if it would take it. */
export async function refusalOf({ words, isMention }: CommandLine): Promise<string | undefined> {
  const cli: Cli = { io: new FakeIo(), app: new FakeApp(), version: '1', exitCode: 0 };
  const parser = createProgram(cli);
  for (const command of parser.commands) disarm(command);
  try {
    await parser.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    const isMissing = error instanceof CommanderError && /missing/i.test(error.code);
    if (isMissing && isMention) return undefined;
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
