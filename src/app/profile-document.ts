import type { Profile } from '../authenticator/profile.ts';
import { toUuid } from '../attestation/metadata-statement.ts';
import { algorithmName } from '../cose/algorithm.ts';
import { profileMembers } from './profile-file.ts';

/** A profile as JSON, every member of it. */
export type ProfileDocument = Readonly<Record<string, unknown>>;

/** What `parseProfile` makes the same profile of, whatever the defaults are by then: what a key lacks is `null`. */
export function profileDocument(profile: Profile): ProfileDocument {
  const members: { readonly [K in keyof Profile]?: unknown } = {
    ...profile,
    aaguid: toUuid(profile.aaguid),
    algorithms: profile.algorithms.map((id) => algorithmName(id) ?? id),
  };
  return Object.fromEntries(profileMembers.map((name) => [name, members[name] ?? null]));
}
