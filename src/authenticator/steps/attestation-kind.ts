import type { AttestationKind } from '../../ports/attester.ts';
import type { Profile } from '../profile.ts';

/** Attestation formats that a client may prefer, for getInfo 0x16; `none` is never listed (CTAP 2.3 §6.4). */
export function attestationFormats(profile: Profile): readonly string[] {
  return profile.attestation === 'fido-u2f' ? ['fido-u2f', 'packed'] : ['packed'];
}

/**
 * The kind of statement that a preference leads to (CTAP 2.3 §6.1.2 step 18): the first format that this key has, its
 * default if it has none of them.
 */
export function chooseAttestation(profile: Profile, preference: readonly string[] = []): AttestationKind {
  const offered = [...attestationFormats(profile), 'none'];
  const wanted = preference.find((format) => offered.includes(format));
  if (wanted === undefined) return profile.attestation;
  if (wanted === 'none') return 'none';
  if (wanted === 'fido-u2f') return 'fido-u2f';
  return profile.attestation === 'packed' ? 'packed' : 'packed-self';
}
