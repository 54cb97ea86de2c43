import { sameBytes } from '../../../ctap/bytes.ts';
import { CtapError } from '../../../ctap/error.ts';
import type { BioEnrollmentResponse } from '../../../ctap/messages/bio-enrollment.ts';
import type { Fingerprint } from '../../../ports/keystore.ts';
import type { Environment } from '../../environment.ts';

/** enumerateEnrollments (CTAP 2.3 §6.7.6), oldest first. */
export function enumerateTemplates({ keystore }: Environment): BioEnrollmentResponse {
  const { fingerprints } = keystore.state();
  if (fingerprints.length === 0) throw new CtapError('INVALID_OPTION', 'no fingerprint is enrolled');
  // Names may be left out, but python-fido2 reads one of every template.
  return { templateInfos: fingerprints.map(({ id, name = '' }) => ({ id, name })) };
}

/** setFriendlyName (CTAP 2.3 §6.7.7). SPEC-SILENT §6.7.7: an empty name takes the name away. */
export async function renameTemplate(environment: Environment, id: Uint8Array, name: string): Promise<void> {
  const fingerprints = requireTemplate(environment, id).map((template) =>
    sameBytes(template.id, id) ? { id: template.id, ...(name !== '' && { name }) } : template,
  );
  await environment.keystore.updateState({ fingerprints });
}

/** removeEnrollment (CTAP 2.3 §6.7.8). Without the last template, built-in verification is not set up any more. */
export async function removeTemplate(environment: Environment, id: Uint8Array): Promise<void> {
  const fingerprints = requireTemplate(environment, id).filter((template) => !sameBytes(template.id, id));
  await environment.keystore.updateState({ fingerprints });
}

/** All templates, of which one has this id. */
function requireTemplate({ keystore }: Environment, id: Uint8Array): readonly Fingerprint[] {
  const { fingerprints } = keystore.state();
  if (!fingerprints.some((template) => sameBytes(template.id, id))) {
    throw new CtapError('INVALID_OPTION', 'there is no such fingerprint');
  }
  return fingerprints;
}
