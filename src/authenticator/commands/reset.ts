import { CtapError } from '../../ctap/error.ts';
import type { HostTransport, Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { factoryState } from '../factory-state.ts';
import { longTouchForReset } from '../features.ts';
import type { Profile } from '../profile.ts';
import { requirePresence } from '../steps/ask-user.ts';

const noResponse = new Uint8Array();

/**
 * CTAP 2.3 §6.6 step 1, before the time is looked at. SPEC-SILENT §6.6: OPERATION_DENIED, which keys that refuse a
 * reset over NFC are known to answer.
 */
function requireTransport({ transportsForReset }: Profile, transport: HostTransport): void {
  if (transportsForReset?.includes(transport) === false) {
    throw new CtapError('OPERATION_DENIED', `reset is not allowed over ${transport}`);
  }
}

/** authenticatorReset (CTAP 2.3 §6.6). A refused reset changes nothing. */
export async function reset(
  environment: Environment,
  _parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  const { keystore, power, profile, random } = environment;
  requireTransport(profile, transaction.transport);
  if (profile.resetWindow !== null && power.age > profile.resetWindow) {
    throw new CtapError('NOT_ALLOWED', 'reset is only allowed right after the key was plugged in');
  }
  await requirePresence(environment, transaction, {
    purpose: 'reset',
    accounts: [],
    ...(longTouchForReset(environment) === true && { longTouch: true }),
  });
  await keystore.reset(factoryState(profile, random, keystore.state().signCount));
  power.forgetSecrets();
  return noResponse;
}
