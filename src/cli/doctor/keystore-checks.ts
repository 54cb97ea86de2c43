import type { KeySelection } from '../../app/api-start.ts';
import type { App } from '../../app/api.ts';
import { UsageError } from '../../ports/errors.ts';
import { describeFailure } from '../failure.ts';
import { count } from '../output.ts';
import type { Check, Probes } from './check.ts';
import { checkModes, quote } from './mode-checks.ts';

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

/** Is the keystore one that opens, or a place where one can be made? Access rights are looked at, and mended, first. */
export async function checkKeystore(
  probes: Probes,
  app: App,
  selection: KeySelection,
  mend: boolean,
): Promise<Check[]> {
  const directory = await app.keystoreLocation(selection);
  const modes = checkModes(probes, directory, mend);
  return [await checkOpening(app, selection, directory), ...modes];
}
