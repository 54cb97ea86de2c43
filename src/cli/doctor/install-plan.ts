import type { Check, Probes } from './check.ts';
import type { Hands } from './hands.ts';
import { isContainer, opensUhid } from './udev.ts';

/** Where the files of the package go. The name of the rule counts, see the file itself. */
const places = [
  ['70-fauxkey.rules', '/etc/udev/rules.d/70-fauxkey.rules'],
  ['fauxkey.conf', '/etc/modules-load.d/fauxkey.conf'],
] as const;

/** Checks that an installed rule, or a module that is loaded, can turn to the good. */
const mendable = new Set(['uhid', 'udev-rule']);

function isBuiltIn(probes: Probes): boolean {
  const builtIn = probes.text(`/lib/modules/${probes.kernelRelease}/modules.builtin`);
  return builtIn?.includes('/uhid.ko') ?? false;
}

/** False only if the kernel's list of modules is there and has no uhid in it. */
function canLoad(probes: Probes): boolean {
  const modules = probes.text(`/lib/modules/${probes.kernelRelease}/modules.dep`);
  return modules === undefined || modules.includes('/uhid.ko');
}

/**
 * The commands that let this machine's users make a key and see it, for root; none where nothing is wrong that they could
 * mend. A container gets its devices from the machine around it, and a kernel without the module needs another package first.
 */
export function planInstallation(
  probes: Probes,
  hands: Pick<Hands, 'packaged' | 'isRoot'>,
  checks: readonly Check[],
): readonly (readonly string[])[] {
  const isWrong =
    checks.some(({ id, status }) => mendable.has(id) && status !== 'ok') ||
    // What root may open says nothing of the others.
    (hands.isRoot && !opensUhid(probes));
  if (probes.platform !== 'linux' || !isWrong || isContainer(probes)) return [];
  const builtIn = isBuiltIn(probes);
  if (!builtIn && !canLoad(probes)) return [];
  const missing = places.filter(
    ([name, place]) =>
      probes.text(place) === undefined || probes.text(place) !== probes.text(hands.packaged(name)),
  );
  return [
    ...missing.map(([name, place]) => ['install', '-D', '-m', '0644', hands.packaged(name), place]),
    ['udevadm', 'control', '--reload'],
    ...(builtIn ? [] : [['modprobe', 'uhid']]),
    // For devices that were there before the rule.
    ['udevadm', 'trigger', '--subsystem-match=misc', '--sysname-match=uhid'],
    ['udevadm', 'trigger', '--subsystem-match=hidraw'],
    ['udevadm', 'settle', '--timeout=10'],
  ];
}
