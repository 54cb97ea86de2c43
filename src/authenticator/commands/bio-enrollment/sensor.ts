import type { ConsentAnswer, FingerprintSample } from '../../../ports/consent.ts';
import type { Transaction } from '../../../ports/message-handler.ts';
import type { Environment } from '../../environment.ts';
import { askWithKeepAlive, requireApproval } from '../../steps/ask-user.ts';

/** Values of lastEnrollSampleStatus (CTAP 2.3 §6.7.4). */
export const sampleStatus: Readonly<Record<FingerprintSample | 'no-user-activity', number>> = {
  good: 0x00,
  'too-high': 0x01,
  'too-low': 0x02,
  'too-left': 0x03,
  'too-right': 0x04,
  'too-fast': 0x05,
  'too-slow': 0x06,
  'poor-quality': 0x07,
  'too-skewed': 0x08,
  'too-short': 0x09,
  'merge-failure': 0x0a,
  exists: 0x0b,
  'no-user-activity': 0x0d,
  'no-user-presence-transition': 0x0e,
};

/**
 * Waits for a finger on the simulated sensor; the user decides how good the sample is. Nobody there is a sample status
 * of its own, declining and CANCEL end the command.
 */
export async function captureSample(
  environment: Environment,
  transaction: Transaction,
  timeoutMilliseconds: number | undefined,
): Promise<number> {
  const answer = await askWithKeepAlive(environment, transaction, {
    kind: 'presence',
    purpose: 'enroll-fingerprint',
    accounts: [],
    timeoutMs: patience(environment, timeoutMilliseconds),
  });
  return statusOf(answer);
}

/** SPEC-SILENT §6.7.4: a platform may ask for less time than the key has patience, not for more; zero asks for nothing. */
function patience({ profile }: Environment, wanted = 0): number {
  return wanted === 0 ? profile.userActionTimeout : Math.min(wanted, profile.userActionTimeout);
}

function statusOf(answer: ConsentAnswer): number {
  switch (answer.outcome) {
    case 'approved':
      return sampleStatus[answer.sample ?? 'good'];
    case 'failed':
      return sampleStatus['poor-quality'];
    case 'timeout':
      return sampleStatus['no-user-activity'];
    default:
      requireApproval(answer);
      return sampleStatus.good;
  }
}
