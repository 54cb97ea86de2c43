import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { cwd, env, platform } from 'node:process';

/** Where the program runs, as far as it decides where keys are kept. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: string;
  readonly home: string;
}

/**
 * The absolute path of the keystore: what the option says, else FAUXKEY_KEYSTORE, else `keystore` in a checkout of this
 * project, else the platform's directory for data of programs. Makes and checks nothing.
 */
export function keystoreLocation(option?: string, where: Surroundings = hostSurroundings()): string {
  const named = nonEmpty(option) ?? nonEmpty(where.env['FAUXKEY_KEYSTORE']);
  if (named !== undefined) return resolve(where.cwd, named);
  if (isCheckout(where.cwd)) return join(where.cwd, 'keystore');
  return join(dataDirectory(where), 'fauxkey');
}

function hostSurroundings(): Surroundings {
  return { env, cwd: cwd(), platform, home: homedir() };
}

function dataDirectory({ env: variables, platform: system, home }: Surroundings): string {
  if (system === 'win32') return nonEmpty(variables['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local');
  if (system === 'darwin') return join(home, 'Library', 'Application Support');
  const xdg = nonEmpty(variables['XDG_DATA_HOME']);
  // The XDG Base Directory Specification has relative paths ignored.
  return xdg?.startsWith('/') === true ? xdg : join(home, '.local', 'share');
}

function isCheckout(directory: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    return (
      typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'fauxkey'
    );
  } catch {
    return false;
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
