import { join } from 'node:path';
import type { App, KeySelection } from '../../app/api.ts';
import { UsageError } from '../../ports/errors.ts';
import { describeFailure } from '../failure.ts';
import { count } from '../output.ts';
import type { Check, Probes } from './check.ts';

const secretFiles = ['data.mdb', 'lock.mdb', 'keystore.key'];

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Files of the keystore that others on this machine could read. Windows has no such bits. */
function checkModes(probes: Probes, directory: string): Check[] {
  if (probes.platform === 'win32') return [];
  const open = secretFiles
    .map((name) => join(directory, name))
    .filter((path) => ((probes.mode(path) ?? 0) & 0o077) !== 0);
  if (open.length === 0) return [];
  return [
    {
      id: 'keystore-modes',
      status: 'warn',
      message: `Other users of this machine can read the keystore in ${directory}.`,
      fix: [`chmod 600 ${open.map(quote).join(' ')}`],
    },
  ];
}

async function checkOpening(app: App, selection: KeySelection, directory: string): Promise<Check> {
  const id = 'keystore';
  try {
    const key = await app.openKey(selection, { create: false });
    try {
      const number = key.credentials().length;
      return {
        id,
        status: 'ok',
        message: `Key ${key.key} opens: ${count(number, 'credential')} in ${directory}.`,
      };
    } finally {
      await key.close();
    }
  } catch (error) {
    if (error instanceof UsageError && error.problem === 'no-such-key')
      return {
        id,
        status: 'ok',
        message: `Key ${selection.key} will be made in ${directory} at its first start.`,
      };
    const { message, code } = describeFailure(error);
    const status = code === 'keystore-passphrase' ? 'warn' : 'fail';
    return {
      id,
      status,
      message,
      fix: [`fauxkey info --keystore ${quote(directory)} --key ${quote(selection.key)}`],
    };
  }
}

/** Is the keystore one that opens, or a place where one can be made? */
export async function checkKeystore(probes: Probes, app: App, selection: KeySelection): Promise<Check[]> {
  const directory = await app.keystoreLocation(selection);
  const modes = checkModes(probes, directory);
  return [await checkOpening(app, selection, directory), ...modes];
}
