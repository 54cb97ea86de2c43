import type { KeySelection } from '../../app/api-start.ts';
import type { App } from '../../app/api.ts';
import { checkBrowsers } from './browser-checks.ts';
import type { Check, Probes } from './check.ts';
import { checkDevices, checkUdevRule } from './hidraw-checks.ts';
import { checkKeystore } from './keystore-checks.ts';
import { checkPorts } from './port-checks.ts';
import { checkLmdb, checkNode, checkNodeHid } from './program-checks.ts';
import { checkUhid } from './uhid-checks.ts';

/**
 * Everything between here and a browser that sees the key, in the order in which to mend it. `mend` takes away the rights
 * of other users at once: the one thing that needs neither another user nor a decision.
 */
export async function examine(
  probes: Probes,
  app: App,
  selection: KeySelection,
  mend: boolean,
): Promise<Check[]> {
  const linux = probes.platform === 'linux';
  return [
    checkNode(probes),
    await checkLmdb(probes),
    await checkNodeHid(probes),
    ...(await checkKeystore(probes, app, selection, mend)),
    checkUhid(probes),
    ...(linux ? [checkUdevRule(probes), ...checkDevices(probes), ...checkBrowsers(probes)] : []),
    ...(await checkPorts(probes)),
  ];
}
