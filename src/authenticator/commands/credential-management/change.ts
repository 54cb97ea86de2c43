import { sameBytes } from '../../../ctap/bytes.ts';
import type { CredentialDescriptor, UserEntity } from '../../../ctap/entities.ts';
import { CtapError } from '../../../ctap/error.ts';
import type { Credential } from '../../../ports/credential.ts';
import type { Environment } from '../../environment.ts';
import { renewCredStoreState } from '../../steps/cred-store-state.ts';
import { refuseBoundToken, type Authorization } from './authorize.ts';

/** A discoverable credential by id. A bound token learns nothing about those of other RPs. */
function requireCredential(
  { keystore }: Environment,
  { rpId }: Authorization,
  descriptor: CredentialDescriptor,
): Credential {
  const credential = keystore.findById(descriptor.id);
  if (rpId !== undefined && credential?.rpId !== rpId) refuseBoundToken();
  if (!credential?.discoverable) throw new CtapError('NO_CREDENTIALS', 'no such discoverable credential');
  return credential;
}

/** deleteCredential (CTAP 2.3 §6.8.5). */
export async function deleteCredential(
  environment: Environment,
  authorization: Authorization,
  descriptor: CredentialDescriptor,
): Promise<void> {
  const { id } = requireCredential(environment, authorization, descriptor);
  await environment.keystore.remove([id], renewCredStoreState(environment));
}

/** updateUserInformation (CTAP 2.3 §6.8.6): names that are absent or empty are removed; id and keys stay. */
export async function updateUserInformation(
  environment: Environment,
  authorization: Authorization,
  descriptor: CredentialDescriptor,
  user: UserEntity,
): Promise<void> {
  const credential = requireCredential(environment, authorization, descriptor);
  if (!credential.user || !sameBytes(credential.user.id, user.id)) {
    throw new CtapError('INVALID_PARAMETER', 'user.id differs from the stored one');
  }
  const changed = {
    id: user.id,
    ...(user.name && { name: user.name }),
    ...(user.displayName && { displayName: user.displayName }),
  };
  await environment.keystore.change(
    credential.id,
    (now) => ({ ...now, user: changed }),
    renewCredStoreState(environment),
  );
}
