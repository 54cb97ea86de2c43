import type { KeySnapshot } from '../../control/handle.ts';
import type { Profile } from '../../authenticator/profile.ts';
import { exportKey, importCredentials, parseExportDocument } from '../../keystore/exchange.ts';
import { createMemoryKeystore } from '../../keystore/memory.ts';
import { UsageError } from '../../ports/errors.ts';
import type { AttestationMaterial, DeviceState, Keystore } from '../../ports/keystore.ts';
import { profileDocument } from '../profile-document.ts';
import { parseProfile } from '../profile-file.ts';
import { resolveProfile } from '../profile-settings.ts';
import type { PartContext } from './credentials-part.ts';
import { attestationFields, decodeFields, encodeFields, stateFields } from './snapshot-fields.ts';

const format = 'fauxkey-snapshot';
const version = 1;

/** Everything that the key holds and is, as JSON with bytes in base64url: the secrets too. */
export function takeSnapshot({ keystore, profile }: Pick<PartContext, 'keystore' | 'profile'>): KeySnapshot {
  const attestation = keystore.attestation();
  return {
    format,
    version,
    profile: profileDocument(profile),
    credentials: exportKey(keystore, { withSecrets: true }).credentials,
    state: encodeFields(stateFields, keystore.state()),
    ...(attestation && { attestation: encodeFields(attestationFields, attestation) }),
  };
}

/** The profile of the key that the snapshot was taken of. Throws UsageError. */
export function snapshotProfile(snapshot: KeySnapshot): Profile {
  requireFormat(snapshot);
  return resolveProfile(parseProfile(snapshot['profile']));
}

/**
 * Makes the key hold what the snapshot holds, the counters as they were then, even if they are ahead by now. Throws
 * UsageError for a document that is wrong or lacks secrets, with nothing changed.
 */
export async function restoreSnapshot(context: PartContext, snapshot: KeySnapshot): Promise<void> {
  requireFormat(snapshot);
  const state = decodeFields<DeviceState>(stateFields, snapshot['state'], 'state');
  const attestation =
    snapshot['attestation'] === undefined
      ? undefined
      : decodeFields<AttestationMaterial>(attestationFields, snapshot['attestation'], 'attestation');
  const trial = await readCredentials(context, snapshot['credentials'], state);
  const credentials = [...trial.all()].reverse();
  await context.keystore.replaceAll({ state, credentials, ...(attestation && { attestation }) });
}

/** The credentials in a key that nobody uses: whatever is wrong with them shows there. */
async function readCredentials(
  { clock, crypto, random }: PartContext,
  credentials: unknown,
  state: DeviceState,
): Promise<Keystore> {
  if (!Array.isArray(credentials)) throw new UsageError('credentials has to be a list.');
  const trial = createMemoryKeystore({ random, factory: state });
  const options = { crypto, random, clock, onConflict: 'fail' } as const;
  await importCredentials(trial, parseExportDocument(credentials), options);
  return trial;
}

function requireFormat(snapshot: KeySnapshot): void {
  if (snapshot['format'] !== format) throw new UsageError(`format has to be "${format}".`);
  if (snapshot['version'] !== version)
    throw new UsageError(`version has to be ${version}; this Fauxkey knows no other.`);
}
