import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { printable } from '../../consent/text/printable.ts';
import type { Cli } from '../io.ts';
import { addJsonOption } from '../key-options.ts';
import { print, printJson } from '../output.ts';

export async function detach(cli: Cli, ports: readonly number[], json: boolean): Promise<void> {
  const detached = await cli.app.detachKeys(ports);
  if (json) printJson(cli, detached);
  else if (detached.length === 0) print(cli, 'No key is attached over USB/IP.');
  else {
    const lines = detached.map(
      ({ port, localBusId }) => `Detached port ${String(port)} (${printable(localBusId)}).`,
    );
    print(cli, ...lines);
  }
}

function parsePort(text: string, previous: readonly number[] = []): number[] {
  if (!/^\d{1,4}$/.test(text))
    throw new InvalidArgumentError('A port is a number, as `usbip port` shows it.');
  return [...previous, Number(text)];
}

export function registerDetach(program: Command, cli: Cli): void {
  const command = program
    .command('detach')
    .summary('take keys on USB/IP away from this machine')
    .description('Detach the given ports of the virtual host controller, or all that hold a FIDO key.')
    .argument('[ports...]', 'port numbers', parsePort, [])
    .addHelpText('after', '\nExamples:\n  $ sudo fauxkey detach\n  $ sudo fauxkey detach 0')
    .action((ports: readonly number[], { json }: { json?: boolean }) => detach(cli, ports, json === true));
  addJsonOption(command);
}
