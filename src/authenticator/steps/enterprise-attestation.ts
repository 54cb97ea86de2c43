import { CtapError } from '../../ctap/error.ts';

/** CTAP 2.3 §6.1.2 step 9 for a key that is not capable of enterprise attestation. */
export function refuseEnterpriseAttestation(enterpriseAttestation: number | undefined): void {
  if (enterpriseAttestation === undefined) return;
  throw new CtapError('INVALID_PARAMETER', 'this key has no enterprise attestation');
}
