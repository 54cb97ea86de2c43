import type { CheckUi } from '../app/api.ts';
import type { RunReport } from '../check/runner.ts';
import { printable } from '../consent/text/printable.ts';
import type { Cli } from './io.ts';
import { colours, count, print } from './output.ts';
import { askLine, canAsk } from './prompt.ts';

/** Somebody at the terminal who touches and unplugs the key; questions go to stderr. */
export function createCheckPerson(cli: Cli): Pick<CheckUi, 'touch' | 'canReplug' | 'replug'> {
  const { io } = cli;
  return {
    touch: () => void io.stderr.write('  … touch the key\n'),
    canReplug: canAsk(io),
    replug: async () => {
      const answer = await askLine(
        io,
        '  … unplug the key, plug it in again, and press Enter (s leaves this out): ',
        false,
      );
      return !/^s/i.test(answer.trim());
    },
  };
}

/** One line for each check, as it ends. */
export function createCheckPrinter(cli: Cli): Pick<CheckUi, 'start' | 'result'> {
  const { bold, dim, green, red, yellow } = colours(cli);
  let group = '';
  return {
    start: (_check, { title, section }) => {
      if (title === group) return;
      print(cli, ...(group === '' ? [] : ['']), `${bold(title)} ${dim(section)}`);
      group = title;
    },
    result: ({ check, outcome, reason }) => {
      const mark = { passed: green('✓'), failed: red('✗'), skipped: yellow('–') }[outcome];
      print(cli, `  ${mark} ${check.title} ${dim(`${check.section} ${check.id}`)}`);
      if (reason !== undefined)
        print(cli, `      ${outcome === 'failed' ? red(printable(reason)) : dim(printable(reason))}`);
    },
  };
}

/** What it comes to, with the failures once more: the list may be long. */
export function printCheckSummary(cli: Cli, target: string, { results, durationMs, note }: RunReport): void {
  const { bold, green, red, yellow } = colours(cli);
  const of = (outcome: string) => results.filter((result) => result.outcome === outcome);
  const failed = of('failed');
  print(cli, '', bold(`${printable(target)}:`));
  print(
    cli,
    `  ${green(`${String(of('passed').length)} passed`)}, ${red(`${String(failed.length)} failed`)}, ` +
      `${yellow(`${String(of('skipped').length)} left out`)} in ${(durationMs / 1000).toFixed(1)} s`,
  );
  if (note !== undefined) print(cli, `  ${yellow(printable(note))}`);
  if (failed.length === 0) return;
  print(cli, '', `${count(failed.length, 'failure')}:`);
  for (const { check, reason } of failed) print(cli, `  ${red('✗')} ${check.id}: ${printable(reason ?? '')}`);
}
