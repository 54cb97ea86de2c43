import type { Command } from 'commander';
import type { KeyUi, RunningKey, StartOptions } from '../../app/api-start.ts';
import type { Cli, Io } from '../io.ts';
import { addControlOptions, toControlOptions } from '../control-options.ts';
import { addKeyOptions, selectKey, withPassphrase } from '../key-options.ts';
import { createJsonReporter, createPeopleReporter } from '../reporter.ts';
import type { Reporter } from '../reporter.ts';
import { createScreen } from '../screen.ts';
import { addStartOptions, toStartOptions } from '../start-options.ts';
import type { StartCommandOptions } from '../start-options.ts';

/** Whether the signal to stop came; afterwards the signals have their usual meaning: a second Ctrl-C kills. */
function onStop(io: Io, stop: () => void): () => void {
  const removals: (() => void)[] = [];
  const once = () => {
    for (const remove of removals) remove();
    stop();
  };
  removals.push(io.onSignal('SIGINT', once), io.onSignal('SIGTERM', once), io.onOutputClosed(once));
  return () => removals.forEach((remove) => remove());
}

/**
 * Says that the key is ready, and runs until it is told to stop; SIGHUP means a power cycle unless the terminal is gone.
 * It listens before it speaks: a script may send a signal as soon as it reads `ready`.
 */
async function untilStopped(io: Io, key: RunningKey, reporter: Reporter): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      removeHangUp();
      reporter.stopping();
      key.close().catch(reject);
    };
    const removeStop = onStop(io, stop);
    const removeHangUp = io.onSignal('SIGHUP', () => {
      if (io.terminalGone()) stop();
      else key.powerCycle().catch(reject);
    });
    key.closed.then(resolve, reject).finally(() => {
      removeStop();
      removeHangUp();
    });
    reporter.ready(key);
  });
}

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
  try {
    await untilStopped(io, key, reporter);
  } finally {
    await key.close();
  }
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
