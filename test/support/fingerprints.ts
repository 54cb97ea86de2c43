import type { Profile } from '../../src/authenticator/profile.ts';
import type { CtapClient } from '../../src/client/ctap-client.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import { bit, fingerprintUv, openKey, pin, tokenByPin } from './protocol.ts';
import type { Opened } from './protocol.ts';

export const sensor = { maxTemplates: 3, samplesRequired: 3, maxFriendlyName: 16, kind: 'touch' } as const;
export const fingerprintKey = { builtInUv: fingerprintUv, bioEnrollment: sensor } as const;

/** A fingerprint key with its PIN set, and a token to enrol with. */
export async function openFingerprintKey(
  changes: Partial<Profile> = {},
): Promise<Opened & { readonly token: PinUvAuthToken }> {
  const opened = await openKey({ ...fingerprintKey, ...changes });
  await opened.client.clientPin.setPin(pin);
  return { ...opened, token: await tokenByPin(opened.client, bit.be) };
}

/** Enrols one finger with as many good samples as it takes. */
export async function enrolFinger({ bioEnrollment }: CtapClient, token: PinUvAuthToken): Promise<Uint8Array> {
  const { templateId, ...begun } = await bioEnrollment.enrollBegin(token);
  for (let left = begun.remainingSamples; left > 0;) {
    left = (await bioEnrollment.enrollCaptureNextSample(token, templateId)).remainingSamples;
  }
  return templateId;
}
