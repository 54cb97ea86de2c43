import { decodeMessage } from '../../../cbor/table.ts';
import { CtapError } from '../../../ctap/error.ts';
import {
  bioEnrollmentSubCommand as subCommands,
  bioEnrollmentTable,
  encodeBioEnrollmentResponse,
  fingerprintModality,
  type BioEnrollmentRequest,
  type BioEnrollmentResponse,
} from '../../../ctap/messages/bio-enrollment.ts';
import type { Transaction } from '../../../ports/message-handler.ts';
import type { Environment } from '../../environment.ts';
import type { BioEnrollmentCapability } from '../../profile.ts';
import { authorize } from './authorize.ts';
import { beginEnrollment, captureNextSample } from './enroll.ts';
import { enumerateTemplates, removeTemplate, renameTemplate } from './templates.ts';

/** authenticatorBioEnrollment (CTAP 2.3 §6.7). Asking what the sensor is, and giving up, need no authorisation. */
export async function bioEnrollment(
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  const message = decodeMessage(bioEnrollmentTable, parameters);
  const request = message.fields;
  const sensor = requireSensor(environment);
  if (request.getModality === true) return encodeBioEnrollmentResponse({ modality: fingerprintModality });
  switch (request.subCommand) {
    case undefined:
      throw new CtapError('MISSING_PARAMETER', 'subCommand is missing');
    case subCommands.getFingerprintSensorInfo:
      return encodeBioEnrollmentResponse(sensorInfo(sensor));
    case subCommands.cancelCurrentEnrollment:
      environment.power.enrollment = undefined;
      return new Uint8Array();
    case subCommands.enrollBegin:
    case subCommands.enrollCaptureNextSample:
    case subCommands.enumerateEnrollments:
    case subCommands.setFriendlyName:
    case subCommands.removeEnrollment: {
      authorize(environment, sensor, request, message.raw('subCommandParams'));
      return encodeBioEnrollmentResponse(await runAuthorized(environment, transaction, sensor, request));
    }
    default:
      throw new CtapError('INVALID_SUBCOMMAND', `subcommand ${request.subCommand} is not implemented`);
  }
}

function requireSensor({ profile }: Environment): BioEnrollmentCapability {
  if (!profile.bioEnrollment) throw new CtapError('INVALID_COMMAND', 'there is no fingerprint sensor');
  return profile.bioEnrollment;
}

const kinds = { touch: 1, swipe: 2 } as const;

/** getFingerprintSensorInfo (CTAP 2.3 §6.7.3). */
function sensorInfo(sensor: BioEnrollmentCapability): BioEnrollmentResponse {
  return {
    fingerprintKind: kinds[sensor.kind],
    maxCaptureSamplesRequiredForEnroll: sensor.samplesRequired,
    maxTemplateFriendlyName: sensor.maxFriendlyName,
  };
}

/** Subcommands whose parameters `authorize` found present. */
async function runAuthorized(
  environment: Environment,
  transaction: Transaction,
  sensor: BioEnrollmentCapability,
  { subCommand, subCommandParams = {} }: BioEnrollmentRequest,
): Promise<BioEnrollmentResponse> {
  const { templateFriendlyName, templateId, timeoutMilliseconds } = subCommandParams;
  if (subCommand === subCommands.enrollBegin) {
    return beginEnrollment(environment, transaction, sensor, timeoutMilliseconds);
  }
  if (subCommand === subCommands.enumerateEnrollments) return enumerateTemplates(environment);
  if (templateId && subCommand === subCommands.enrollCaptureNextSample) {
    return captureNextSample(environment, transaction, templateId, timeoutMilliseconds);
  }
  if (templateId && templateFriendlyName !== undefined && subCommand === subCommands.setFriendlyName) {
    await renameTemplate(environment, templateId, templateFriendlyName);
  }
  if (templateId && subCommand === subCommands.removeEnrollment) {
    await removeTemplate(environment, templateId);
  }
  return {};
}
