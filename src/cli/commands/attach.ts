import type { Command } from 'commander';
import type { AttachedKey } from '../../app/api.ts';
import { printable } from '../../consent/text/printable.ts';
import type { Cli } from '../io.ts';
import { addJsonOption } from '../key-options.ts';
import { print, printJson } from '../output.ts';
import { usbId } from './devices.ts';

interface AttachCommandOptions {
  readonly busid?: string;
  readonly json?: boolean;
}

function word({ port, busId, vendorId, productId }: AttachedKey): string {
  const place = port === undefined ? 'a USB device of this machine' : `port ${String(port)}`;
  return `Attached ${printable(busId)} (${usbId(vendorId, productId)}) as ${place}.`;
}

export async function attach(
  cli: Cli,
  address: string | undefined,
  { busid, json }: AttachCommandOptions,
): Promise<void> {
  const attached = await cli.app.attachKeys(address, busid);
  if (json) printJson(cli, attached);
  else print(cli, ...attached.map(word));
}

export function registerAttach(program: Command, cli: Cli): void {
  const command = program
    .command('attach')
    .summary('make a key on USB/IP a USB device of this machine')
    .description(
      'Make keys of a USB/IP server USB devices of this Linux machine, as `usbip attach` does: one, or all that are\n' +
        'free. It needs root and the kernel module vhci-hcd. A key that is pulled out has to be attached again.',
    )
    .argument('[address]', 'HOST, HOST:PORT or HOST:PORT/BUSID; 127.0.0.1:3240 unless given')
    .option('--busid <id>', 'only this key, e.g. 1-2')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ sudo modprobe vhci-hcd\n' +
        '  $ sudo fauxkey attach\n' +
        '  $ sudo fauxkey attach 192.0.2.7:3240 --busid 1-2',
    )
    .action((address: string | undefined, options: AttachCommandOptions) => attach(cli, address, options));
  addJsonOption(command);
}
