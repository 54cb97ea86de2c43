import { CtapError } from '../../ctap/error.ts';
import { encodeGetAssertionResponse } from '../../ctap/messages/get-assertion.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import type { ContinuationState } from '../state/continuation.ts';
import { assertWith, type PendingAssertions } from '../steps/assert.ts';

/** authenticatorGetNextAssertion (CTAP 2.3 §6.3). */
export async function getNextAssertion(
  environment: Environment,
  _parameters: Uint8Array,
  transaction: Transaction,
  continued: ContinuationState | undefined,
): Promise<Uint8Array> {
  if (continued?.kind !== 'assertions' || tokenExpired(continued)) {
    throw new CtapError('NOT_ALLOWED', 'no assertion is pending');
  }
  const [id, ...remaining] = continued.remaining;
  const credential = id && environment.keystore.find(continued.context.rpIdHash, id);
  if (!credential) throw new CtapError('NOT_ALLOWED', 'the pending credential is gone');
  const response = await assertWith(environment, credential, continued.context);
  if (remaining.length > 0) {
    environment.continuation.remember(transaction.channel, { ...continued, remaining });
  }
  return encodeGetAssertionResponse(response);
}

/** CTAP 2.3 §6.3 step 4: the assertions end with the token that authorised them. */
function tokenExpired({ token }: PendingAssertions): boolean {
  return token !== undefined && !(token.holder.inUse && token.holder.value === token.value);
}
