import { agreementKeyToCose } from '../../../cose/agreement-key.ts';
import type { ClientPinRequest, ClientPinResponse } from '../../../ctap/messages/client-pin.ts';
import type { Environment } from '../../environment.ts';
import { requireProtocol } from '../../steps/pin-uv-auth.ts';

/** getKeyAgreement (CTAP 2.3 §6.5.5.4). */
export function getKeyAgreement(environment: Environment, request: ClientPinRequest): ClientPinResponse {
  const protocol = requireProtocol(environment, request.pinUvAuthProtocol);
  return { keyAgreement: agreementKeyToCose(environment.power.agreementKey(protocol.version)) };
}
