import { toHex } from '../../ctap/bytes.ts';
import type { UserEntity } from '../../ctap/entities.ts';
import type { ConsentAccount } from '../../ports/consent.ts';

/** An account as the user is shown it. */
export function accountOf(user: UserEntity): ConsentAccount {
  return {
    userId: toHex(user.id),
    ...(user.name !== undefined && { name: user.name }),
    ...(user.displayName !== undefined && { displayName: user.displayName }),
  };
}
