import pc from 'picocolors';
import type { ConsentMode, RunningControl, RunningKey, StartOptions } from '../app/api-start.ts';
import type { KeyScreen } from '../consent/terminal.ts';
import { printable } from '../consent/text/printable.ts';
import { wordExchange } from '../consent/wording.ts';
import type { KeyEvent } from '../ports/events.ts';
import type { Io } from './io.ts';
import { toJson } from './json.ts';
import { count } from './output.ts';
import { formatTime } from './time.ts';

/** Tells what a running key does. */
export interface Reporter {
  ready(key: RunningKey): void;
  event(event: KeyEvent): void;
  /** What a suite told a rig at its end. */
  rigResults(results: Readonly<Record<string, unknown>>): void;
  stopping(): void;
  stopped(): void;
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function eventJson(event: KeyEvent): Record<string, unknown> {
  const { type, ...rest } = event;
  return event.type === 'defect'
    ? { event: type, message: errorMessage(event.error) }
    : { event: type, ...rest };
}

/** Events as lines of JSON, for scripts: the first is `ready`, the last `stopped`. */
export function createJsonReporter(io: Io, options: StartOptions): Reporter {
  const write = (value: Record<string, unknown>) =>
    void io.stdout.write(`${toJson({ ...value, time: new Date(io.now()).toISOString() })}\n`);
  return {
    ready: (key) =>
      write({
        event: 'ready',
        key: key.name,
        pid: io.pid,
        keystore: key.keystore ?? null,
        profile: key.profile,
        addresses: key.addresses,
        consent: options.consent,
        ...(key.control && { control: key.control }),
        ...(key.rigs?.length && { rigs: key.rigs }),
        notes: key.notes,
      }),
    event: (event) => write(eventJson(event)),
    rigResults: (results) => write({ event: 'rig-results', results }),
    stopping: () => undefined,
    stopped: () => write({ event: 'stopped' }),
  };
}

const users: Readonly<Record<ConsentMode, string>> = {
  ask: 'you, in this terminal: Enter allows, n denies',
  auto: 'allows everything by itself (--consent ask asks you)',
  deny: 'denies everything',
  ignore: 'never answers',
};

function readyFacts(key: RunningKey, options: StartOptions): [string, string][] {
  const delay =
    options.delayMs > 0 && options.consent !== 'ask' ? `, after ${String(options.delayMs)} ms` : '';
  return [
    ['Reachable', key.addresses.join(', ')],
    ['Profile', printable(key.profile.name) + (key.profile.changed ? ', changed by options' : '')],
    ['User', users[options.consent] + delay],
    ['PIN', key.pinSet ? 'set' : 'not set'],
    [
      'Keystore',
      key.keystore === undefined
        ? 'in memory, gone at the end'
        : `${key.keystore} (${count(key.credentialCount, 'credential')})`,
    ],
    ...(key.control ? controlFacts(key.control) : []),
    ...(key.rigs ?? []).map(({ kind, url }): [string, string] => ['Rig', `${kind}, ${url}`]),
    ...key.notes.map((note): [string, string] => ['Note', note]),
  ];
}

function controlFacts({ token, tokenFile, url }: RunningControl): [string, string][] {
  return [
    ['Control', url],
    ['Panel', `${url}/#token=${token}`],
    ['Token', tokenFile === undefined ? token : `${token} (in ${tokenFile})`],
  ];
}

/** Lines for people. In `ask` mode the questions themselves tell what happens. */
export function createPeopleReporter(io: Io, screen: KeyScreen, options: StartOptions): Reporter {
  const { bold, dim, green, red } = pc.createColors(screen.colour);
  const log = (text: string) => screen.line(`${dim(formatTime(io.now()))}  ${text}`);
  const events = (event: KeyEvent): void => {
    switch (event.type) {
      case 'answer':
        if (options.consent !== 'ask') log(wordExchange(event.question, event.answer));
        return;
      case 'power-cycle':
        log('Pulled out and put back.');
        return;
      case 'transport':
        log(printable(event.message));
        return;
      case 'defect':
        log(`${red('Defect of fauxkey:')} ${printable(errorMessage(event.error))}`);
        if (options.verbose && event.error instanceof Error) screen.line(event.error.stack ?? '');
        return;
      case 'command':
        if (options.verbose) {
          const status = `0x${event.status.toString(16).padStart(2, '0')}`;
          log(
            dim(
              `${event.name} → ${status}${event.detail === undefined ? '' : ` ${printable(event.detail)}`}`,
            ),
          );
        }
        return;
      case 'u2f':
        if (options.verbose) log(dim(`U2F ${event.name} → ${event.statusWord.toString(16)}`));
        return;
      case 'question':
    }
  };
  return {
    ready: (key) => {
      screen.line(`${green('●')} ${bold(`Key ${printable(key.name)} is ready.`)}`);
      for (const [label, value] of readyFacts(key, options))
        screen.line(`  ${dim(label.padEnd(9))}  ${value}`);
      screen.line(
        dim(
          `  Ctrl-C stops it; \`fauxkey power-cycle\` or kill -HUP ${String(io.pid)} pulls it out and puts it back.`,
        ),
      );
    },
    event: events,
    rigResults: (results) => log(`Results of the suite: ${toJson(results)}`),
    stopping: () => screen.line(dim('Stopping…')),
    stopped: () => undefined,
  };
}
