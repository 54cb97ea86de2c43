import { coseAlgorithm, type CoseAlgorithm } from '../../cose/algorithm.ts';
import type { AttestationKind } from '../../ports/attester.ts';
import type { Profile } from '../profile.ts';

/** Attestation formats that a client may prefer, for getInfo 0x16; `none` is never listed (CTAP 2.3 §6.4). */
export function attestationFormats(profile: Profile): readonly string[] {
  return profile.attestation === 'fido-u2f' ? ['fido-u2f', 'packed'] : ['packed'];
}

/**
 * The kind of statement that a preference leads to (CTAP 2.3 §6.1.2 step 18): the first format that this key has, its
 * default if it has none of them. fido-u2f is for ES256 alone (WebAuthn L3 §8.6); other credentials attest themselves.
 */
export function chooseAttestation(
  profile: Profile,
  algorithm: CoseAlgorithm,
  preference: readonly string[] = [],
): AttestationKind {
  const packed = profile.attestation === 'packed' ? 'packed' : 'packed-self';
  const usable = (kind: AttestationKind): AttestationKind =>
    kind === 'fido-u2f' && algorithm !== coseAlgorithm.ES256 ? packed : kind;
  const offered = [...attestationFormats(profile), 'none'];
  const wanted = preference.find((format) => offered.includes(format));
  switch (wanted) {
    case undefined:
      return usable(profile.attestation);
    case 'none':
      return 'none';
    case 'fido-u2f':
      return usable('fido-u2f');
    default:
      return packed;
  }
}
