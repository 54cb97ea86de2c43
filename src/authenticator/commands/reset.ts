import { CtapError } from '../../ctap/error.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { factoryState } from '../factory-state.ts';
import { longTouchForReset } from '../features.ts';
import { requirePresence } from '../steps/ask-user.ts';

const noResponse = new Uint8Array();

/** authenticatorReset (CTAP 2.3 §6.6). A refused reset changes nothing. */
export async function reset(
  environment: Environment,
  _parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  const { keystore, power, profile, random } = environment;
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
