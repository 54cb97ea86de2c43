import { defaultProfile } from '../authenticator/default-profile.ts';
import { findPreset, presets } from '../authenticator/presets.ts';
import type { Profile } from '../authenticator/profile.ts';
import { UsageError } from '../ports/errors.ts';

/**
 * What differs from the complete key, or from the preset that `extends` names. `undefined` takes a capability away that
 * the other has.
 */
export type ProfileSettings = { readonly [K in keyof Profile]?: Profile[K] | undefined } & {
  readonly extends?: string;
};

export const presetNames: readonly string[] = presets.map(({ name }) => name);

/** The preset of that name. Throws UsageError with the names that there are. */
export function requirePreset(name: string): Profile {
  const preset = findPreset(name);
  if (preset) return preset.profile;
  throw new UsageError(`There is no profile ${JSON.stringify(name)}; there are ${presetNames.join(', ')}.`);
}

/** The profile of a preset's name or of settings. Throws UsageError for an unknown preset; judges nothing else. */
export function resolveProfile(profile: string | ProfileSettings = {}): Profile {
  if (typeof profile === 'string') return requirePreset(profile);
  const { extends: base, ...settings } = profile;
  return changeProfile(base === undefined ? defaultProfile : requirePreset(base), settings);
}

/** `base` with the members of `settings`; those given as undefined are gone, not merely undefined. */
export function changeProfile(base: Profile, settings: Omit<ProfileSettings, 'extends'>): Profile {
  const members = Object.entries({ ...base, ...settings }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as unknown as Profile;
}
