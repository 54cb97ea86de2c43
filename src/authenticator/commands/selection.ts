import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { requirePresence } from '../steps/ask-user.ts';

/** authenticatorSelection (CTAP 2.3 §6.9): a touch tells the platform which key the user means. */
export async function selection(
  environment: Environment,
  _parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  await requirePresence(environment, transaction, { purpose: 'select', accounts: [] });
  return new Uint8Array();
}
