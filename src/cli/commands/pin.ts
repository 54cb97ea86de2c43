import type { Command } from 'commander';
import type { OpenKey, PinRefusal, PinResult, PinStatus } from '../../app/api-admin.ts';
import { exitCode } from '../exit-codes.ts';
import type { Failure } from '../failure.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { count, print, printJson } from '../output.ts';
import { readPins } from '../pin-input.ts';
import type { PinOptions, PinRequest } from '../pin-input.ts';
import { reportFailure } from '../report-failure.ts';

type PinCommandOptions = KeyOptions & PinOptions;

/** A refusal as one sentence and the next step. */
export function wordRefusal(refusal: PinRefusal): Pick<Failure, 'message' | 'hint'> {
  switch (refusal.problem) {
    case 'unsupported':
      return { message: 'This kind of key has no PIN.', hint: 'What it is: `fauxkey info`.' };
    case 'not-set':
      return { message: 'This key has no PIN.', hint: 'Set one with `fauxkey pin set`.' };
    case 'already-set':
      return { message: 'This key has a PIN already.', hint: 'Change it with `fauxkey pin change`.' };
    case 'blocked':
      return {
        message: 'The PIN is blocked after too many wrong tries.',
        hint: 'Take it away with `fauxkey pin remove`, or reset the key with `fauxkey reset`.',
      };
    case 'wrong':
      return {
        message: `That is not the PIN; ${count(refusal.retriesLeft, 'try', 'tries')} left.`,
      };
    case 'too-short':
      return { message: `The PIN needs at least ${count(refusal.minLength, 'character')}.` };
    case 'too-long':
      return { message: `The PIN may have ${count(refusal.maxLength, 'character')} at most.` };
    case 'too-many-bytes':
      return { message: `The PIN may take ${count(refusal.maxBytes, 'byte')} of UTF-8 at most.` };
    case 'ends-with-zero':
      return { message: 'The PIN must not end with a zero byte.' };
    case 'same':
      return { message: 'The new PIN must differ from the old one.' };
    case 'complexity':
      return { message: 'The PIN is too simple for the policy of this key.' };
  }
}

function finish(cli: Cli, options: KeyOptions, result: PinResult, done: string): void {
  if (result) {
    const failure = { exitCode: exitCode.negative, code: `pin-${result.problem}`, ...wordRefusal(result) };
    cli.exitCode = reportFailure(cli.io, failure, options.json === true);
  } else if (options.json) printJson(cli, { done: true });
  else print(cli, done);
}

function newPinRequest(option: string | undefined, flag: PinRequest['flag']): PinRequest {
  const variable = flag === '--pin' ? 'FAUXKEY_PIN' : 'FAUXKEY_NEW_PIN';
  return { label: 'new PIN', option, flag, variable, isNew: true };
}

/** Asks only after a look at the key: nobody types a PIN for nothing. */
async function setPin(cli: Cli, key: OpenKey, options: PinCommandOptions): Promise<PinResult> {
  const { set, supported } = key.pin.status();
  if (set) return { problem: 'already-set' };
  if (!supported) return { problem: 'unsupported' };
  const [pin = ''] = await readPins(cli, [newPinRequest(options.pin, '--pin')]);
  return key.pin.set(pin);
}

async function changePin(cli: Cli, key: OpenKey, options: PinCommandOptions): Promise<PinResult> {
  const { set, retriesLeft } = key.pin.status();
  if (!set) return { problem: 'not-set' };
  if (retriesLeft === 0) return { problem: 'blocked' };
  const [pin = '', newPin = ''] = await readPins(cli, [
    { label: 'current PIN', option: options.pin, flag: '--pin', variable: 'FAUXKEY_PIN', isNew: false },
    newPinRequest(options.newPin, '--new-pin'),
  ]);
  return key.pin.change(pin, newPin);
}

export async function pinSet(cli: Cli, options: PinCommandOptions): Promise<void> {
  const result = await withKey(cli, options, (key) => setPin(cli, key, options), { create: true });
  finish(cli, options, result, `Key ${options.key} has a PIN now.`);
}

export async function pinChange(cli: Cli, options: PinCommandOptions): Promise<void> {
  const result = await withKey(cli, options, (key) => changePin(cli, key, options));
  finish(cli, options, result, `Key ${options.key} has a new PIN.`);
}

export async function pinRemove(cli: Cli, options: KeyOptions): Promise<void> {
  const result = await withKey(cli, options, (key) => key.pin.remove());
  finish(cli, options, result, `Key ${options.key} has no PIN any more.`);
}

/** The PIN's state in a few words. */
export function wordPinStatus({ supported, set, retriesLeft, minLength, changeRequired }: PinStatus): string {
  if (!supported) return 'this kind of key has none';
  if (!set) return `not set (at least ${count(minLength, 'character')})`;
  if (retriesLeft === 0) return 'set, blocked';
  const left = `set, ${count(retriesLeft, 'try', 'tries')} left`;
  return changeRequired ? `${left}, must be changed before its next use` : left;
}

export async function pinStatus(cli: Cli, options: KeyOptions): Promise<void> {
  const status = await withKey(cli, options, (key) => key.pin.status());
  if (options.json) printJson(cli, status);
  else print(cli, `PIN of key ${options.key}: ${wordPinStatus(status)}.`);
}

const scripts =
  '\nIn scripts, give PINs with --pin and --new-pin, where - takes a line of the standard input, or in FAUXKEY_PIN\n' +
  'and FAUXKEY_NEW_PIN.';

export function registerPin(program: Command, cli: Cli): void {
  const pin = program
    .command('pin')
    .summary('set, change, remove or look at the PIN')
    .description('The PIN of a key. A running key takes over a change at once.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey pin set\n  $ fauxkey pin status --json');
  const set = pin
    .command('set')
    .description('Set the first PIN. Makes the key if it does not exist yet.')
    .option('--pin <pin>', 'the new PIN (FAUXKEY_PIN); - takes it from the standard input')
    .addHelpText(
      'after',
      `${scripts}\n\nExamples:\n  $ fauxkey pin set\n  $ echo 1234 | fauxkey pin set --pin -`,
    )
    .action((options: PinCommandOptions) => pinSet(cli, options));
  const change = pin
    .command('change')
    .description('Change the PIN. A wrong current PIN costs a try.')
    .option('--pin <pin>', 'the current PIN (FAUXKEY_PIN)')
    .option('--new-pin <pin>', 'the new PIN (FAUXKEY_NEW_PIN)')
    .addHelpText(
      'after',
      `${scripts}\n\nExamples:\n  $ fauxkey pin change\n  $ fauxkey pin change --pin 1234 --new-pin 5678`,
    )
    .action((options: PinCommandOptions) => pinChange(cli, options));
  const status = pin
    .command('status')
    .description('Say whether a PIN is set and how many tries are left.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey pin status')
    .action((options: KeyOptions) => pinStatus(cli, options));
  const remove = pin
    .command('remove')
    .description('Take the PIN away, without asking for it: who can write to the keystore owns the key.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey pin remove')
    .action((options: KeyOptions) => pinRemove(cli, options));
  for (const command of [set, change, status, remove]) addKeyOptions(addJsonOption(command));
}
