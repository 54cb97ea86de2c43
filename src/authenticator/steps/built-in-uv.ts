import { CtapError } from '../../ctap/error.ts';
import type { ConsentAnswer } from '../../ports/consent.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { clientPin } from '../features.ts';
import { askWithKeepAlive, requireApproval, type Question } from './ask-user.ts';

export type UvResult = 'verified' | 'failed' | 'blocked';

/** What a verification question is about. */
export type UvSubject = Omit<Question, 'kind' | 'verification'>;

/**
 * performBuiltInUv (CTAP 2.3 §6.5.3.1). A failed try is taken off the retries and is durable before the next one. With
 * `internalRetry` the key itself asks again a few times. Declining, running out of time and CANCEL end the command.
 */
export async function performBuiltInUv(
  environment: Environment,
  transaction: Transaction,
  subject: UvSubject,
  internalRetry: boolean,
): Promise<UvResult> {
  const capability = environment.profile.builtInUv;
  if (!capability) return 'failed';
  await blockWithPin(environment);
  const attempts = internalRetry ? capability.attemptsPerOperation : 1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (environment.keystore.state().uvRetries === 0) return 'blocked';
    const answer = await askForVerification(environment, transaction, subject, capability.modality);
    if (answer.outcome !== 'failed') {
      requireApproval(answer);
      await recordSuccess(environment, capability.maxRetries);
      return 'verified';
    }
    await recordFailure(environment);
  }
  return environment.keystore.state().uvRetries === 0 ? 'blocked' : 'failed';
}

/** CTAP 2.3 §6.5.3.1 step 1: a blocked PIN blocks built-in verification too. */
async function blockWithPin(environment: Environment): Promise<void> {
  const { pinRetries, uvRetries } = environment.keystore.state();
  if (clientPin(environment) === true && pinRetries === 0 && uvRetries > 0) {
    await environment.keystore.updateState({ uvRetries: 0 });
  }
}

async function askForVerification(
  environment: Environment,
  transaction: Transaction,
  subject: UvSubject,
  modality: 'pin' | 'fingerprint',
): Promise<ConsentAnswer> {
  const retriesLeft = environment.keystore.state().uvRetries;
  return askWithKeepAlive(environment, transaction, {
    ...subject,
    kind: 'verification',
    verification: { modality, retriesLeft },
  });
}

async function recordFailure({ keystore }: Environment): Promise<void> {
  const { uvRetries, uvCountSinceLastPinEntry } = keystore.state();
  await keystore.updateState({
    uvRetries: uvRetries - 1,
    uvCountSinceLastPinEntry: uvCountSinceLastPinEntry + 1,
  });
}

async function recordSuccess({ keystore }: Environment, maxRetries: number): Promise<void> {
  const { uvCountSinceLastPinEntry } = keystore.state();
  await keystore.updateState({
    uvRetries: maxRetries,
    uvCountSinceLastPinEntry: uvCountSinceLastPinEntry + 1,
  });
}

/** Built-in verification inside makeCredential and getAssertion (CTAP 2.3 §6.1.2 step 11, §6.2.2 step 6). */
export async function requireBuiltInUv(
  environment: Environment,
  transaction: Transaction,
  subject: UvSubject,
): Promise<void> {
  const result = await performBuiltInUv(environment, transaction, subject, true);
  if (result === 'verified') return;
  const { pin } = environment.profile;
  if (pin?.noMcGaPermissions === false) {
    throw new CtapError('PUAT_REQUIRED', 'built-in verification failed; the PIN is left');
  }
  if (result === 'blocked') throw new CtapError('PIN_BLOCKED', 'built-in verification is blocked');
  throw new CtapError('OPERATION_DENIED', 'built-in verification failed');
}
