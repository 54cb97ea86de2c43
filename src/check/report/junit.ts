import type { CheckDocument } from './document.ts';
import { escapeMarkup } from './markup.ts';

type Result = CheckDocument['results'][number];

/** JUnit XML as CI servers read it: a suite for each group, a case for each check. */
export function junitReport({ target, time, summary, results, tool }: CheckDocument): string {
  const groups = [...new Set(results.map(({ group }) => group))];
  const attributes = [
    `name="${escapeMarkup(`${tool}: ${target}`)}"`,
    `tests="${results.length}" failures="${summary.failed}" skipped="${summary.skipped}"`,
    `time="${seconds(summary.durationMs)}" timestamp="${time}"`,
  ].join(' ');
  const suites = groups.map((group) =>
    suite(
      group,
      results.filter((each) => each.group === group),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.join('')}</testsuites>\n`;
}

function suite(name: string, results: readonly Result[]): string {
  const count = (outcome: string): number => results.filter((each) => each.outcome === outcome).length;
  const time = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const attributes =
    `name="${escapeMarkup(name)}" tests="${results.length}" ` +
    `failures="${count('failed')}" skipped="${count('skipped')}" time="${seconds(time)}"`;
  return `  <testsuite ${attributes}>\n${results.map(testCase).join('')}  </testsuite>\n`;
}

function testCase({ id, section, title, outcome, reason = '', durationMs }: Result): string {
  const name = escapeMarkup(`${title} (${section})`);
  const head = `    <testcase classname="${escapeMarkup(id)}" name="${name}" time="${seconds(durationMs)}"`;
  if (outcome === 'passed') return `${head}/>\n`;
  const message = escapeMarkup(reason);
  const element =
    outcome === 'failed'
      ? `<failure message="${message}">${message}</failure>`
      : `<skipped message="${message}"/>`;
  return `${head}>${element}</testcase>\n`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
