import pc from 'picocolors';
import { padEnd } from '../consent/text/width.ts';
import type { Cli, Output } from './io.ts';
import { toJson } from './json.ts';
import { renderTable } from './table.ts';
import type { Column } from './table.ts';

/** Whether to write colours: NO_COLOR (https://no-color.org) wins over FORCE_COLOR, and both over the terminal. */
export function wantsColour(output: Output, env: Cli['io']['env']): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return output.isTTY === true && env['TERM'] !== 'dumb';
}

export function colours(cli: Cli): ReturnType<typeof pc.createColors> {
  return pc.createColors(wantsColour(cli.io.stdout, cli.io.env));
}

export function print(cli: Cli, ...lines: readonly string[]): void {
  cli.io.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** One JSON document, indented for people who look at it. */
export function printJson(cli: Cli, value: unknown): void {
  print(cli, toJson(value, 2));
}

/** A table as wide as the terminal; in a pipe, as wide as it wants to be. */
export function printTable(cli: Cli, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const { stdout } = cli.io;
  const available = stdout.isTTY ? (stdout.columns ?? 80) : Infinity;
  print(cli, ...renderTable(columns, rows, available, colours(cli).dim));
}

/** Labels and values below each other. */
export function printFacts(cli: Cli, facts: readonly (readonly [label: string, value: string])[]): void {
  const width = Math.max(...facts.map(([label]) => label.length));
  const { dim } = colours(cli);
  print(cli, ...facts.map(([label, value]) => `  ${dim(padEnd(label, width))}  ${value}`));
}

/** `1 credential`, `2 credentials`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${String(number)} ${number === 1 ? noun : plural}`;
}
