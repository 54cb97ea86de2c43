import { cborMap } from '../cbor/map.ts';
import type { CborMap } from '../cbor/value.ts';
import { ctapCommand } from '../ctap/command.ts';
import type { CommandSender } from './command-sender.ts';
import type { TransactOptions } from './hid-channel.ts';
import type { PinUvAuthToken } from './pin-protocol.ts';
import {
  decodeBioEnrollment,
  requireMember,
  type BioEnrollmentResponse,
  type TemplateInfo,
} from './responses.ts';
import { bioEnrollmentSubCommand } from '../ctap/messages/bio-enrollment.ts';
import { authenticateSubcommand } from './subcommand.ts';

/** The one modality there is. */
const fingerprint = 0x01;

/** State of an enrolment after a sample. */
export interface EnrollmentSample {
  /** One byte; 0 is a good sample (CTAP 2.3 §6.7.4). */
  readonly lastEnrollSampleStatus: number;
  /** At 0 the template is stored. */
  readonly remainingSamples: number;
}

export interface FingerprintSensorInfo {
  /** 1 touch, 2 swipe. */
  readonly fingerprintKind: number;
  readonly maxCaptureSamplesRequiredForEnroll: number;
  /** Bytes. */
  readonly maxTemplateFriendlyName?: number;
}

/** authenticatorBioEnrollment (CTAP 2.3 §6.7). Tokens need permission be. */
export class BioEnrollmentClient {
  readonly #sender: CommandSender;

  constructor(sender: CommandSender) {
    this.#sender = sender;
  }

  /** Sends any subcommand, with a token or without. */
  async request(
    subCommand: number,
    token?: PinUvAuthToken,
    parameters?: CborMap,
    options?: TransactOptions,
  ): Promise<BioEnrollmentResponse> {
    const auth = authenticateSubcommand(token, Uint8Array.of(fingerprint, subCommand), parameters);
    const members = cborMap([
      [0x01, fingerprint],
      [0x02, subCommand],
      [0x03, parameters],
      [0x04, auth.pinUvAuthProtocol],
      [0x05, auth.pinUvAuthParam],
    ]);
    return decodeBioEnrollment(await this.#sender.request(ctapCommand.bioEnrollment, members, options));
  }

  /** 1 for fingerprints. */
  async getModality(): Promise<number> {
    const members = cborMap([[0x06, true]]);
    const response = await this.#sender.request(ctapCommand.bioEnrollment, members);
    return requireMember(decodeBioEnrollment(response).modality, 'modality');
  }

  async getFingerprintSensorInfo(): Promise<FingerprintSensorInfo> {
    const response = await this.request(bioEnrollmentSubCommand.getFingerprintSensorInfo);
    const { fingerprintKind, maxCaptureSamplesRequiredForEnroll, maxTemplateFriendlyName } = response;
    return {
      fingerprintKind: requireMember(fingerprintKind, 'fingerprintKind'),
      maxCaptureSamplesRequiredForEnroll: requireMember(
        maxCaptureSamplesRequiredForEnroll,
        'maxCaptureSamplesRequiredForEnroll',
      ),
      ...(maxTemplateFriendlyName === undefined ? {} : { maxTemplateFriendlyName }),
    };
  }

  /** Takes the first sample. `timeoutMs` is how long the key shall wait for a finger. */
  async enrollBegin(
    token: PinUvAuthToken,
    timeoutMs?: number,
    options?: TransactOptions,
  ): Promise<EnrollmentSample & { readonly templateId: Uint8Array }> {
    const parameters = timeoutMs === undefined ? undefined : cborMap([[0x03, timeoutMs]]);
    const response = await this.request(bioEnrollmentSubCommand.enrollBegin, token, parameters, options);
    return { ...readSample(response), templateId: requireMember(response.templateId, 'templateId') };
  }

  async enrollCaptureNextSample(
    token: PinUvAuthToken,
    templateId: Uint8Array,
    timeoutMs?: number,
    options?: TransactOptions,
  ): Promise<EnrollmentSample> {
    const parameters = cborMap([
      [0x01, templateId],
      [0x03, timeoutMs],
    ]);
    const { enrollCaptureNextSample } = bioEnrollmentSubCommand;
    return readSample(await this.request(enrollCaptureNextSample, token, parameters, options));
  }

  async cancelCurrentEnrollment(): Promise<void> {
    await this.request(bioEnrollmentSubCommand.cancelCurrentEnrollment);
  }

  /** A key without templates answers with a status: CtapStatusError INVALID_OPTION. */
  async enumerateEnrollments(token: PinUvAuthToken): Promise<readonly TemplateInfo[]> {
    const { templateInfos } = await this.request(bioEnrollmentSubCommand.enumerateEnrollments, token);
    return requireMember(templateInfos, 'templateInfos');
  }

  async setFriendlyName(token: PinUvAuthToken, templateId: Uint8Array, friendlyName: string): Promise<void> {
    const parameters = cborMap([
      [0x01, templateId],
      [0x02, friendlyName],
    ]);
    await this.request(bioEnrollmentSubCommand.setFriendlyName, token, parameters);
  }

  async removeEnrollment(token: PinUvAuthToken, templateId: Uint8Array): Promise<void> {
    const parameters = cborMap([[0x01, templateId]]);
    await this.request(bioEnrollmentSubCommand.removeEnrollment, token, parameters);
  }
}

function readSample(response: BioEnrollmentResponse): EnrollmentSample {
  return {
    lastEnrollSampleStatus: requireMember(response.lastEnrollSampleStatus, 'lastEnrollSampleStatus'),
    remainingSamples: requireMember(response.remainingSamples, 'remainingSamples'),
  };
}
