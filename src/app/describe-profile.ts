import { createNodeCrypto } from '../crypto/node/provider.ts';
import { nameProfile } from './named-profile.ts';
import { profileDocument, type ProfileDocument } from './profile-document.ts';
import { requirePossible } from './require-possible.ts';

/** The profile of a preset or a file in full. Throws UsageError for one that is unknown, wrong or impossible. */
export function describeProfile(nameOrPath: string): ProfileDocument {
  const { profile } = nameProfile(nameOrPath);
  requirePossible(profile, createNodeCrypto());
  return profileDocument(profile);
}
