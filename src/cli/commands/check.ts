import type { Command } from 'commander';
import type { CheckOptions } from '../../app/api.ts';
import { htmlReport } from '../../check/report/html.ts';
import { reportDocument } from '../../check/report/document.ts';
import { junitReport } from '../../check/report/junit.ts';
import { createCheckPerson, createCheckPrinter, printCheckSummary } from '../check-printer.ts';
import { exitCode } from '../exit-codes.ts';
import type { Cli } from '../io.ts';
import { addJsonOption } from '../key-options.ts';
import { print, printJson, printTable } from '../output.ts';
import { readPins } from '../pin-input.ts';

interface CheckCommandOptions {
  readonly device?: string;
  readonly stream?: string;
  readonly pin?: string;
  readonly destructive?: boolean;
  readonly only?: readonly string[];
  readonly root?: readonly string[];
  readonly replugCommand?: string;
  readonly junit?: string;
  readonly html?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

async function toCheckOptions(cli: Cli, options: CheckCommandOptions): Promise<CheckOptions> {
  const { device, stream, replugCommand } = options;
  const roots = await Promise.all((options.root ?? []).map((path) => cli.io.readFile(path)));
  const pin = await pinOf(cli, options.pin);
  return {
    destructive: options.destructive === true,
    only: options.only ?? [],
    roots,
    ...(device !== undefined && { device }),
    ...(stream !== undefined && { stream }),
    ...(replugCommand !== undefined && { replugCommand }),
    ...(pin !== undefined && { pin }),
  };
}

/** The PIN that was given; nobody is asked for one, since many keys have none. */
async function pinOf(cli: Cli, option: string | undefined): Promise<string | undefined> {
  if (option === undefined && cli.io.env['FAUXKEY_PIN'] === undefined) return undefined;
  const [pin] = await readPins(cli, [
    { label: 'PIN', option, flag: '--pin', variable: 'FAUXKEY_PIN', isNew: false },
  ]);
  return pin;
}

async function list(cli: Cli, json: boolean): Promise<void> {
  const checks = (await cli.app.checkGroups()).flatMap((group) =>
    group.checks.map(({ id, section, title, destructive, touch, replug, needs }) => ({
      ...{ id, group: group.title, section, title, destructive, touch, replug },
      leftOutIf: needs.map(({ otherwise }) => otherwise),
    })),
  );
  if (json) printJson(cli, checks);
  else {
    const columns = [
      { title: 'ID' },
      { title: 'SECTION' },
      { title: 'CHANGES' },
      { title: 'WHAT', shorten: 'end' as const },
    ];
    printTable(
      cli,
      columns,
      checks.map(({ id, section, title, destructive }) => [id, section, destructive ? 'yes' : '', title]),
    );
  }
}

export async function check(cli: Cli, options: CheckCommandOptions): Promise<void> {
  if (options.list) {
    await list(cli, options.json === true);
    return;
  }
  const silence = { start: () => undefined, result: () => undefined };
  const printer = options.json ? silence : createCheckPrinter(cli);
  const person = createCheckPerson(cli);
  const wanted = await toCheckOptions(cli, options);
  const { target, report } = await cli.app.checkKey(wanted, {
    start: (...args) => printer.start(...args),
    result: (result) => printer.result(result),
    ...person,
  });
  const facts = { tool: `fauxkey ${cli.version}`, target, time: cli.io.now() };
  const document = reportDocument(report, facts);
  if (options.junit !== undefined) await cli.io.writeFile(options.junit, junitReport(document), true);
  if (options.html !== undefined) await cli.io.writeFile(options.html, htmlReport(document), true);
  if (options.json) printJson(cli, document);
  else {
    printCheckSummary(cli, target, report);
    if (document.summary.passed + document.summary.failed === 0) print(cli, '  Nothing could be checked.');
  }
  if (document.summary.failed > 0) cli.exitCode = exitCode.negative;
}

function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, ...text.split(',').filter(Boolean)];
}

export function registerCheck(program: Command, cli: Cli): void {
  const command = program
    .command('check')
    .summary('check any FIDO key against the standard')
    .description(
      'Check a FIDO key against CTAP 2.3: hardware on this machine or a key on a stream. It exits with 1 if the key\n' +
        'fails a check. What would change the key is left out unless --destructive allows it: then the key is reset.',
    )
    .option(
      '--device <path>',
      'HID device, e.g. /dev/hidraw3; the only FIDO device of this machine unless given',
    )
    .option('--stream <address>', 'a key that speaks raw reports: HOST:PORT, unix:PATH or udp:HOST:PORT')
    .option('--pin <pin>', 'the PIN of the key; - reads it from the input (FAUXKEY_PIN)')
    .option('--destructive', 'also what needs a reset: everything on the key is lost')
    .option('--only <ids>', 'groups or checks, e.g. info,sign-in.counter', collect)
    .option(
      '--root <file>',
      'certificates (PEM) of authorities that may have issued the attestation',
      collect,
    )
    .option('--replug-command <command>', 'what unplugs the key and plugs it in again, where nobody can')
    .option('--junit <file>', 'write a report as JUnit XML')
    .option('--html <file>', 'write a report as a page')
    .option('--list', 'list the checks, and check nothing')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ fauxkey check\n' +
        '  $ fauxkey check --stream 127.0.0.1:8112 --destructive --replug-command "fauxkey power-cycle"\n' +
        '  $ fauxkey check --device /dev/hidraw3 --only info,registration --junit report.xml',
    )
    .action((options: CheckCommandOptions) => check(cli, options));
  addJsonOption(command, 'print the report as JSON');
}
