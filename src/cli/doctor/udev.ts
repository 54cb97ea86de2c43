import type { Probes } from './check.ts';

const ruleDirectories = [
  '/etc/udev/rules.d',
  '/run/udev/rules.d',
  '/usr/lib/udev/rules.d',
  '/lib/udev/rules.d',
];

/** Whether the text of any installed rule file is as wanted. */
export function anyRuleFile(probes: Probes, wanted: (text: string) => boolean): boolean {
  return ruleDirectories.some((directory) =>
    probes.entries(directory).some((name) => {
      const text = name.endsWith('.rules') ? probes.text(`${directory}/${name}`) : undefined;
      return text !== undefined && wanted(text);
    }),
  );
}

/** Whether a rule gives /dev/uhid to users. */
export function opensUhid(probes: Probes): boolean {
  return anyRuleFile(probes, (text) => /^[^#\n]*KERNEL=="uhid"/m.test(text));
}

/** Installs the rule of this package, after showing what it is about to do. */
export const installCommand = 'fauxkey doctor --fix';

/** Makes udev read its rules again and apply them to a device that is there already. */
export function applyRules(device: string): string[] {
  return ['sudo udevadm control --reload', `sudo udevadm trigger --sysname-match='${device}'`];
}

export function isContainer(probes: Probes): boolean {
  return probes.exists('/.dockerenv') || probes.exists('/run/.containerenv');
}
