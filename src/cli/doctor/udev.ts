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

/**
 * The command that adds a rule. The name counts: the tag uaccess has no effect in a file that sorts after
 * 73-seat-late.rules.
 */
export function installRule(rule: string): string {
  return `echo '${rule}' | sudo tee -a /etc/udev/rules.d/70-fauxkey.rules`;
}

/** Makes udev read its rules again and apply them to a device that is there already. */
export function applyRules(device: string): string[] {
  return ['sudo udevadm control --reload', `sudo udevadm trigger --sysname-match='${device}'`];
}

export function isContainer(probes: Probes): boolean {
  return probes.exists('/.dockerenv') || probes.exists('/run/.containerenv');
}
