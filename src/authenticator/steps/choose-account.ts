import { CtapError } from '../../ctap/error.ts';
import type { Credential } from '../../ports/credential.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { askWithKeepAlive, requireApproval } from './ask-user.ts';
import { accountOf } from './subject.ts';

/** Lets the user choose among several accounts on the key itself (CTAP 2.3 §6.2.2 step 12). */
export async function chooseAccount(
  environment: Environment,
  transaction: Transaction,
  credentials: readonly Credential[],
): Promise<Credential> {
  const site = credentials[0]?.rpId;
  const answer = await askWithKeepAlive(environment, transaction, {
    kind: 'choice',
    purpose: 'choose-account',
    accounts: credentials.flatMap(({ user }) => (user ? [accountOf(user)] : [])),
    ...(site !== undefined && { site }),
  });
  requireApproval(answer);
  const chosen = answer.outcome === 'approved' ? credentials[answer.account ?? 0] : undefined;
  if (!chosen) throw new CtapError('OPERATION_DENIED', 'the user chose no account of the list');
  return chosen;
}
