import type { Io } from '../io.ts';
import { canAsk, confirm } from '../prompt.ts';
import type { Probes } from './check.ts';
import type { Hands } from './hands.ts';
import { quote } from './mode-checks.ts';

/** What became of an installation; `commands` are as a shell takes them. */
export interface Installation {
  /** `not-asked`: nobody could answer, so nothing was done. */
  readonly outcome: 'installed' | 'declined' | 'not-asked' | 'no-sudo' | 'failed';
  readonly commands: readonly string[];
  /** Of a failed one, the command that failed; what comes after it was not done. */
  readonly failed?: string;
}

/** A word of a command as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w./=:@-]+$/.test(word) ? word : quote(word);
}

function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** Without a terminal sudo must not wait for a password that nobody can type. */
function asRoot({ isRoot }: Hands, io: Io, command: readonly string[]): readonly string[] {
  if (isRoot) return command;
  return canAsk(io) ? ['sudo', ...command] : ['sudo', '-n', ...command];
}

async function runAll(hands: Hands, commands: readonly (readonly string[])[]): Promise<Installation> {
  const shown = commands.map(shellCommand);
  for (const command of commands) {
    if ((await hands.run(command)) !== 0)
      return { outcome: 'failed', commands: shown, failed: shellCommand(command) };
  }
  return { outcome: 'installed', commands: shown };
}

/**
 * Runs a plan, after showing it on stderr and asking. `yes` is the answer in advance; without it, and without anybody to ask,
 * nothing happens. Throws Interrupted.
 */
export async function install(
  io: Io,
  probes: Probes,
  hands: Hands,
  plan: readonly (readonly string[])[],
  yes: boolean,
): Promise<Installation> {
  const hasSudo = probes.path.some((directory) => probes.exists(`${directory}/sudo`));
  const commands = plan.map((command) => asRoot(hands, io, command));
  const shown = plan.map((command) => shellCommand(hands.isRoot ? command : ['sudo', ...command]));
  if (!hands.isRoot && !hasSudo) return { outcome: 'no-sudo', commands: plan.map(shellCommand) };
  if (!yes) {
    if (!canAsk(io)) return { outcome: 'not-asked', commands: shown };
    io.stderr.write(
      `To let users of this machine make a key and see it:\n${shown.map((line) => `    ${line}\n`).join('')}`,
    );
    if (!(await confirm(io, 'Run these commands?'))) return { outcome: 'declined', commands: shown };
  }
  return runAll(hands, commands);
}

/** What to tell people of it: a sentence, and the commands where they have to run them. */
export function wordInstallation({ outcome, commands, failed }: Installation): {
  readonly sentence: string;
  readonly commands: readonly string[];
} {
  switch (outcome) {
    case 'installed':
      return { sentence: 'The udev rule is installed and the module uhid is loaded.', commands: [] };
    case 'declined':
      return { sentence: 'Nothing was installed.', commands: [] };
    case 'not-asked':
      return {
        sentence: 'Nothing was installed, since nobody can be asked here. Add --yes, or run:',
        commands,
      };
    case 'no-sudo':
      return { sentence: 'Nothing was installed, since there is no sudo here. As root, run:', commands };
    case 'failed':
      return {
        sentence: 'The installation stopped at a command that failed; run it and those after it by hand:',
        commands: commands.slice(commands.indexOf(failed ?? '')),
      };
  }
}
