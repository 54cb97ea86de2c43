import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import { boolean, bytes, optional, struct, text, uint, type Decoded } from '../../cbor/table.ts';

/** Subcommands of authenticatorBioEnrollment (CTAP 2.3 §6.7). */
export const bioEnrollmentSubCommand = {
  enrollBegin: 0x01,
  enrollCaptureNextSample: 0x02,
  cancelCurrentEnrollment: 0x03,
  enumerateEnrollments: 0x04,
  setFriendlyName: 0x05,
  removeEnrollment: 0x06,
  getFingerprintSensorInfo: 0x07,
} as const;

/** The one modality that there is (CTAP 2.3 §6.7). */
export const fingerprintModality = 0x01;

const paramsTable = {
  templateId: optional(0x01, bytes),
  templateFriendlyName: optional(0x02, text),
  timeoutMilliseconds: optional(0x03, uint),
};

/** Which members have to be there depends on the subcommand, so that is checked later. */
export const bioEnrollmentTable = {
  modality: optional(0x01, uint),
  subCommand: optional(0x02, uint),
  subCommandParams: optional(0x03, struct(paramsTable)),
  pinUvAuthProtocol: optional(0x04, uint),
  pinUvAuthParam: optional(0x05, bytes),
  getModality: optional(0x06, boolean),
};
export type BioEnrollmentRequest = Decoded<typeof bioEnrollmentTable>;

export interface TemplateInfo {
  readonly id: Uint8Array;
  readonly name?: string;
}

export interface BioEnrollmentResponse {
  readonly modality?: number;
  /** 1 touch, 2 swipe. */
  readonly fingerprintKind?: number;
  readonly maxCaptureSamplesRequiredForEnroll?: number;
  readonly templateId?: Uint8Array;
  readonly lastEnrollSampleStatus?: number;
  readonly remainingSamples?: number;
  readonly templateInfos?: readonly TemplateInfo[];
  /** Bytes of UTF-8. */
  readonly maxTemplateFriendlyName?: number;
}

/** Empty for the subcommands that answer with a status alone. */
export function encodeBioEnrollmentResponse(response: BioEnrollmentResponse): Uint8Array {
  const members = cborMap([
    [0x01, response.modality],
    [0x02, response.fingerprintKind],
    [0x03, response.maxCaptureSamplesRequiredForEnroll],
    [0x04, response.templateId],
    [0x05, response.lastEnrollSampleStatus],
    [0x06, response.remainingSamples],
    [
      0x07,
      response.templateInfos?.map(({ id, name }) => cborMap([[0x01, id] as const, [0x02, name] as const])),
    ],
    [0x08, response.maxTemplateFriendlyName],
  ]);
  return members.size === 0 ? new Uint8Array() : encodeCbor(members);
}
