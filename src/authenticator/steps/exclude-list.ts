import { CtapError } from '../../ctap/error.ts';
import { publicKeyType, type CredentialDescriptor } from '../../ctap/entities.ts';
import { credProtectLevel } from '../../ports/credential.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { requirePresence, type Question } from './ask-user.ts';
import type { UvOutcome } from './verify-user.ts';

/**
 * CTAP 2.3 §6.1.2 step 12: a credential of this key on the exclude list ends the command, after a touch. One that
 * requires verification is invisible to a user who is not verified.
 */
export async function checkExcludeList(
  environment: Environment,
  transaction: Transaction,
  rpIdHash: Uint8Array,
  excludeList: readonly CredentialDescriptor[],
  { userPresent, userVerified }: UvOutcome,
  subject: Omit<Question, 'kind' | 'purpose'>,
): Promise<void> {
  const hit = excludeList.some(({ id, type }) => {
    const credential = type === publicKeyType ? environment.keystore.find(rpIdHash, id) : undefined;
    return (
      credential && (userVerified || credential.credProtect !== credProtectLevel.userVerificationRequired)
    );
  });
  if (!hit) return;
  if (!userPresent)
    await requirePresence(environment, transaction, { ...subject, purpose: 'already-registered' });
  throw new CtapError('CREDENTIAL_EXCLUDED', 'a credential of the exclude list is on this key');
}
