import { Command } from 'commander';
import { registerAttach } from './commands/attach.ts';
import { registerAttestation } from './commands/attestation.ts';
import { registerCheck } from './commands/check.ts';
import { registerDelete } from './commands/delete.ts';
import { registerDetach } from './commands/detach.ts';
import { registerDevices } from './commands/devices.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExport } from './commands/export.ts';
import { registerExtension } from './commands/extension.ts';
import { registerImport } from './commands/import.ts';
import { registerInfo } from './commands/info.ts';
import { registerList } from './commands/list.ts';
import { registerPassphrase } from './commands/passphrase.ts';
import { registerPin } from './commands/pin.ts';
import { registerPowerCycle } from './commands/power-cycle.ts';
import { registerProfiles } from './commands/profiles.ts';
import { registerReset } from './commands/reset.ts';
import { registerSet } from './commands/set.ts';
import { registerShow } from './commands/show.ts';
import { registerStart } from './commands/start.ts';
import { registerTrace } from './commands/trace.ts';
import { registerWebDriver } from './commands/webdriver.ts';
import { registerWipe } from './commands/wipe.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import type { Cli } from './io.ts';
import { wantsColour } from './output.ts';

const examples = `
Examples:
  $ fauxkey start                      run a key that browsers on this machine see
  $ fauxkey list --site example.com    what is on it
  $ fauxkey doctor                     why does the browser not see it?
`;

function exitCodeTable(): string {
  return [
    'Exit codes:',
    ...exitCodeMeanings.map(([code, text]) => `  ${String(code).padStart(3)}  ${text}`),
  ].join('\n');
}

/** The whole command line. It prints to `cli.io`, and throws instead of exiting. */
export function createProgram(cli: Cli): Command {
  const { io } = cli;
  const program = new Command('fauxkey')
    .description('A FIDO2 security key made of software, for people who test sign-in.')
    .version(cli.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
    .configureHelp({ styleTitle: (title) => `\x1b[1m${title}\x1b[22m` })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // What goes wrong is told in one place, and in one form.
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 100, 110),
      getOutHasColors: () => wantsColour(io.stdout, io.env),
    })
    .exitOverride()
    .addHelpText('after', `${examples}\n${exitCodeTable()}`);
  program.commandsGroup('Run:');
  registerStart(program, cli);
  registerPowerCycle(program, cli);
  registerTrace(program, cli);
  registerWebDriver(program, cli);
  registerExtension(program, cli);
  registerProfiles(program, cli);
  program.commandsGroup('Credentials:');
  registerList(program, cli);
  registerShow(program, cli);
  registerSet(program, cli);
  registerDelete(program, cli);
  registerWipe(program, cli);
  registerExport(program, cli);
  registerImport(program, cli);
  program.commandsGroup('Key:');
  registerInfo(program, cli);
  registerPin(program, cli);
  registerPassphrase(program, cli);
  registerAttestation(program, cli);
  registerReset(program, cli);
  program.commandsGroup('Machine:');
  registerDevices(program, cli);
  registerCheck(program, cli);
  registerAttach(program, cli);
  registerDetach(program, cli);
  registerDoctor(program, cli);
  return program;
}
