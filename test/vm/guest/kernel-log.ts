/** What the kernel complains of. */
import { output } from './process.ts';

const FAMILIAR = [
  // Of every full-speed device that is attached to its hub: the module knows two speeds by name, and this is a third.
  /vhci_hcd: vhci_device speed not set$/,
  // Of udev's own rules for security keys.
  /power\/level is deprecated/,
];

/** Its messages of the level of a warning or worse, each with its time, but for those that mean nothing. */
export async function kernelWarnings(): Promise<readonly string[]> {
  const printed = await output('dmesg', ['--level', 'emerg,alert,crit,err,warn']);
  const lines = printed.split('\n').filter((line) => line !== '');
  return lines.filter((line) => !FAMILIAR.some((familiar) => familiar.test(line)));
}
