import type { Credential, CredentialUser } from '../ports/credential.ts';
import { UsageError } from '../ports/errors.ts';
import type { DeviceStateChange, Keystore } from '../ports/keystore.ts';
import type { CredentialChange } from './api-admin.ts';

/** Signature counters have 32 bits (WebAuthn L3 §6.1). */
const highestCounter = 2 ** 32 - 1;

/**
 * Changes one stored credential and resolves to what it is then; `state` changes with it. Throws UsageError for a change
 * that makes no sense, with nothing written.
 */
export async function changeCredential(
  keystore: Keystore,
  id: Uint8Array,
  change: CredentialChange,
  state: DeviceStateChange,
): Promise<Credential> {
  const isDiscoverable = keystore.findById(id)?.discoverable === true;
  // A running key may count on in the meantime: the change is made to what stands there in that very moment.
  const make = (current: Credential): Credential => applyChange(current, change);
  const changed = await keystore.change(id, make, isDiscoverable ? state : {});
  if (!changed)
    throw new UsageError('The credential is not there any more.', { problem: 'no-such-credential' });
  return changed;
}

/** Throws UsageError. */
export function applyChange(credential: Credential, change: CredentialChange): Credential {
  const backupEligible = change.backupEligible ?? credential.backupEligible;
  const backupState = change.backupState ?? credential.backupState;
  if (backupState && !backupEligible)
    throw new UsageError('A credential that is backed up has to be eligible for it (WebAuthn L3 §6.1.3).', {
      hint: change.backupState ? 'Add --backup-eligible yes.' : 'Add --backup-state no to take away both.',
    });
  const user = changeUser(credential.user, change);
  return {
    ...credential,
    ...(user && { user }),
    backupEligible,
    backupState,
    signCount: changeCounter(credential.signCount, change),
  };
}

function changeCounter(current: number | null, { force, signCount }: CredentialChange): number | null {
  if (signCount === undefined) return current;
  if (signCount !== null && signCount > highestCounter)
    throw new UsageError(`A signature counter is ${String(highestCounter)} at most.`);
  if ((signCount ?? 0) < (current ?? 0) && !force)
    throw new UsageError(
      `The counter is at ${String(current)}: sites take one that goes back for that of a copied key.`,
      { hint: 'Add --force if that is what you want to test.' },
    );
  return signCount;
}

function changeUser(
  user: CredentialUser | undefined,
  { displayName, userName }: CredentialChange,
): CredentialUser | undefined {
  if (userName === undefined && displayName === undefined) return user;
  if (!user) throw new UsageError('A credential made over U2F has no user whose name could be changed.');
  const name = userName ?? user.name;
  const display = displayName ?? user.displayName;
  return { id: user.id, ...(name && { name }), ...(display && { displayName: display }) };
}
