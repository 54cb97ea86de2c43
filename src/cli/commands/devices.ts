import type { Command } from 'commander';
import { printable } from '../../consent/text/printable.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions } from '../key-options.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Column } from '../table.ts';

const columns: readonly Column[] = [
  { title: 'PATH', shorten: 'start' },
  { title: 'ID' },
  { title: 'PRODUCT', shorten: 'end' },
  { title: 'MANUFACTURER', shorten: 'end' },
  { title: 'SERIAL', shorten: 'end' },
];

/** USB ids as everybody writes them: `1209:f1d0`. */
export function usbId(vendorId: number, productId: number): string {
  return [vendorId, productId].map((id) => id.toString(16).padStart(4, '0')).join(':');
}

export async function devices(cli: Cli, options: { readonly json?: boolean }): Promise<void> {
  const found = await cli.app.listDevices();
  if (options.json) printJson(cli, found);
  else if (found.length === 0)
    print(cli, 'No FIDO device is visible to this user. `fauxkey doctor` says what stands in the way.');
  else
    printTable(
      cli,
      columns,
      found.map(({ path, vendorId, productId, product, manufacturer, serial }) => [
        printable(path),
        usbId(vendorId, productId),
        ...[product, manufacturer, serial].map((text) => printable(text ?? '') || '–'),
      ]),
    );
}

export function registerDevices(program: Command, cli: Cli): void {
  const command = program
    .command('devices')
    .summary('list the FIDO devices of this machine')
    .description('List the FIDO HID devices that this user can see, real ones and those of running keys.')
    .addHelpText('after', '\nExamples:\n  $ fauxkey devices\n  $ fauxkey devices --json')
    .action((options: { json?: boolean }) => devices(cli, options));
  addKeyOptions(addJsonOption(command));
}
