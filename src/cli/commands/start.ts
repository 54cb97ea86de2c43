import type { Command } from 'commander';
import type { KeyUi, StartOptions } from '../../app/api-start.ts';
import type { Cli } from '../io.ts';
import { addControlOptions, toControlOptions } from '../control-options.ts';
import { addKeyOptions, selectKey, withPassphrase } from '../key-options.ts';
import { createJsonReporter, createPeopleReporter } from '../reporter.ts';
import { createScreen } from '../screen.ts';
import { addStartOptions, toStartOptions } from '../start-options.ts';
import type { StartCommandOptions } from '../start-options.ts';
import { untilStopped } from '../until-stopped.ts';

export async function start(cli: Cli, options: StartCommandOptions): Promise<void> {
  const { io } = cli;
  const selection = await selectKey(cli, options);
  const screen = createScreen(options.json ? io.stderr : io.stdout, io.env);
  const wanted: StartOptions = {
    ...selection,
    ...toStartOptions(options, io),
    ...toControlOptions(options, cli.version),
  };
  const reporter = options.json ? createJsonReporter(io, wanted) : createPeopleReporter(io, screen, wanted);
  const ui: KeyUi = {
    input: io.stdin,
    screen,
    event: (event) => reporter.event(event),
    rigResults: (results) => reporter.rigResults(results),
  };
  const key = await withPassphrase(cli, wanted, (chosen) => cli.app.runKey(chosen, ui));
  await untilStopped(io, key, {
    ready: () => reporter.ready(key),
    stopping: () => reporter.stopping(),
    hangUp: () => key.powerCycle(),
  });
  reporter.stopped();
}

export function registerStart(program: Command, cli: Cli): void {
  const command = program
    .command('start')
    .summary('run a key')
    .description(
      'Run a key until Ctrl-C. Browsers see it over uhid; other programs reach it over the network.\n' +
        'SIGHUP pulls it out and puts it back.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ fauxkey start\n' +
        '  $ fauxkey start --transport uhid --transport tcp:127.0.0.1:8112 --consent auto\n' +
        '  $ fauxkey start --memory --json --consent auto --delay 500 --uv\n' +
        '  $ fauxkey start --memory --control',
    )
    .action((options: StartCommandOptions) => start(cli, options));
  addControlOptions(addStartOptions(command)).optionsGroup('Which key:');
  addKeyOptions(command);
}
