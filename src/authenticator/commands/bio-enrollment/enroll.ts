import { sameBytes } from '../../../ctap/bytes.ts';
import { CtapError } from '../../../ctap/error.ts';
import type { BioEnrollmentResponse } from '../../../ctap/messages/bio-enrollment.ts';
import type { Transaction } from '../../../ports/message-handler.ts';
import type { Environment } from '../../environment.ts';
import type { BioEnrollmentCapability } from '../../profile.ts';
import { captureSample, sampleStatus } from './sensor.ts';

/** An enrolment that has not had all its samples. It survives other commands, but no power cycle (CTAP 2.3 §6.7.4). */
export interface PendingEnrollment {
  readonly templateId: Uint8Array;
  readonly remainingSamples: number;
}

const templateIdLength = 4;

/** enrollBegin (CTAP 2.3 §6.7.4): ends an enrolment in progress and takes the first sample of a new one. */
export async function beginEnrollment(
  environment: Environment,
  transaction: Transaction,
  sensor: BioEnrollmentCapability,
  timeoutMilliseconds: number | undefined,
): Promise<BioEnrollmentResponse> {
  const { keystore, power, random } = environment;
  power.enrollment = undefined;
  if (keystore.state().fingerprints.length >= sensor.maxTemplates) {
    throw new CtapError('FP_DATABASE_FULL', 'no room for another fingerprint');
  }
  const templateId = random.bytes(templateIdLength);
  const enrollment = { templateId, remainingSamples: sensor.samplesRequired };
  return { templateId, ...(await takeSample(environment, transaction, enrollment, timeoutMilliseconds)) };
}

/** enrollCaptureNextSample (CTAP 2.3 §6.7.4). */
export async function captureNextSample(
  environment: Environment,
  transaction: Transaction,
  templateId: Uint8Array,
  timeoutMilliseconds: number | undefined,
): Promise<BioEnrollmentResponse> {
  const { enrollment } = environment.power;
  if (!enrollment || !sameBytes(enrollment.templateId, templateId)) {
    throw new CtapError('INVALID_OPTION', 'no enrolment of this template is in progress');
  }
  return takeSample(environment, transaction, enrollment, timeoutMilliseconds);
}

/** Only a good sample counts; with the last one the template is durable before the answer leaves. */
async function takeSample(
  environment: Environment,
  transaction: Transaction,
  enrollment: PendingEnrollment,
  timeoutMilliseconds: number | undefined,
): Promise<BioEnrollmentResponse> {
  const { keystore, power } = environment;
  const lastEnrollSampleStatus = await captureSample(environment, transaction, timeoutMilliseconds);
  const good = lastEnrollSampleStatus === sampleStatus.good;
  const remainingSamples = enrollment.remainingSamples - (good ? 1 : 0);
  power.enrollment = remainingSamples > 0 ? { ...enrollment, remainingSamples } : undefined;
  if (remainingSamples === 0) {
    const { fingerprints } = keystore.state();
    await keystore.updateState({ fingerprints: [...fingerprints, { id: enrollment.templateId }] });
  }
  return { lastEnrollSampleStatus, remainingSamples };
}
