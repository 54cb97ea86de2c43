import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';
import { enterpriseAttestation as optionEp } from '../features.ts';

const vendorFacilitated = 1;
const platformManaged = 2;

/**
 * Whether the response carries an enterprise attestation (CTAP 2.3 §6.1.2 step 9). The capability is looked at before
 * the value. Vendor-facilitated requests of RPs that are not on the list get an ordinary attestation.
 */
export function grantsEnterpriseAttestation(
  environment: Environment,
  requested: number | undefined,
  rpId: string,
): boolean {
  if (requested === undefined) return false;
  if (optionEp(environment) !== true) {
    throw new CtapError('INVALID_PARAMETER', 'enterprise attestation is not enabled on this key');
  }
  switch (requested) {
    case vendorFacilitated:
      return environment.profile.enterpriseAttestation?.rpIds.includes(rpId) === true;
    case platformManaged:
      return true;
    default:
      throw new CtapError('INVALID_OPTION', `enterprise attestation ${requested}`);
  }
}
