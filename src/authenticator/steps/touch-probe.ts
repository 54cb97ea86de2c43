import { CtapError } from '../../ctap/error.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { isProtected } from '../features.ts';
import { requirePresence } from './ask-user.ts';

/**
 * A zero-length pinUvAuthParam asks only which of several keys the user touches; nothing is stored or signed
 * (CTAP 2.3 §6.1.2 step 1, §6.2.2 step 1).
 */
export async function answerTouchProbe(
  environment: Environment,
  transaction: Transaction,
  pinUvAuthParam: Uint8Array | undefined,
): Promise<void> {
  if (pinUvAuthParam?.length !== 0) return;
  await requirePresence(environment, transaction, { purpose: 'select', accounts: [] });
  throw isProtected(environment)
    ? new CtapError('PIN_INVALID', 'touch probe; a PIN or built-in verification is set')
    : new CtapError('PIN_NOT_SET', 'touch probe; no PIN is set');
}
