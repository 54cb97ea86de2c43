import { CtapError } from '../../../ctap/error.ts';
import type { VendorPrototypeParams } from '../../../ctap/messages/config.ts';
import type { Environment } from '../../environment.ts';
import { alwaysUv } from '../../features.ts';

/** enableEnterpriseAttestation (CTAP 2.3 §6.11.1): only a reset takes it back. */
export async function enableEnterpriseAttestation({ keystore }: Environment): Promise<void> {
  await keystore.updateState({ enterpriseAttestation: true });
}

/** toggleAlwaysUv (CTAP 2.3 §6.11.2). A key that leaves the factory with it cannot switch it off. */
export async function toggleAlwaysUv(environment: Environment): Promise<void> {
  const isOn = alwaysUv(environment) === true;
  if (isOn && environment.profile.alwaysUv === true) {
    throw new CtapError('OPERATION_DENIED', 'alwaysUv cannot be switched off on this key');
  }
  await environment.keystore.updateState({ alwaysUv: !isOn });
}

/** enableLongTouchForReset (CTAP 2.3 §6.11.5): only a reset takes it back. */
export async function enableLongTouchForReset({ keystore }: Environment): Promise<void> {
  await keystore.updateState({ longTouchForReset: true });
}

/** vendorPrototype (CTAP 2.3 §6.11.3). SPEC-SILENT §6.11.3: known ids do nothing, others are INVALID_PARAMETER. */
export function vendorPrototype({ profile }: Environment, { vendorCommandId }: VendorPrototypeParams): void {
  if (vendorCommandId === undefined) throw new CtapError('MISSING_PARAMETER', 'vendorCommandId is missing');
  if (!profile.vendorConfigCommands?.some((id) => BigInt(id) === BigInt(vendorCommandId))) {
    throw new CtapError('INVALID_PARAMETER', `vendor command ${vendorCommandId} is not known`);
  }
}
