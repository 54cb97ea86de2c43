import { checkProfile } from '../authenticator/profile-rules.ts';
import type { Profile } from '../authenticator/profile.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import { UsageError } from '../ports/errors.ts';

/** Throws UsageError that names everything that is wrong with a profile, so that it is mended in one go. */
export function requirePossible(profile: Profile, crypto: Pick<CryptoProvider, 'algorithms'>): void {
  const broken = checkProfile(profile, crypto);
  if (broken.length > 0) throw new UsageError(`No key can have this profile: ${broken.join(' ')}`);
}
