import type { NewKey } from '../../control/handle.ts';
import type { NamedProfile } from '../named-profile.ts';
import { parseProfile } from '../profile-file.ts';
import { requirePreset, resolveProfile } from '../profile-settings.ts';
import { snapshotProfile } from './snapshot.ts';

const complete = 'complete';

/** What a key shall be: a preset, settings on top of one, or what the key of the snapshot was. Throws UsageError. */
export function profileOfNewKey({ profile, snapshot }: Pick<NewKey, 'profile' | 'snapshot'>): NamedProfile {
  if (profile === undefined && snapshot)
    return { name: 'snapshot', changed: false, profile: snapshotProfile(snapshot) };
  if (typeof profile === 'string' || profile === undefined) {
    const name = profile ?? complete;
    return { name, changed: false, profile: requirePreset(name) };
  }
  const settings = parseProfile(profile);
  return { name: settings.extends ?? complete, changed: true, profile: resolveProfile(settings) };
}
