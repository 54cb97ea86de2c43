import { defaultProfile } from '../authenticator/default-profile.ts';
import { findPreset } from '../authenticator/presets.ts';
import type { Profile } from '../authenticator/profile.ts';
import type { KeystoreDirectory } from '../keystore/lmdb.ts';
import { profileDocument } from './profile-document.ts';
import { parseProfile, readProfileFile } from './profile-file.ts';
import { resolveProfile } from './profile-settings.ts';

/** A profile and where it comes from. */
export interface NamedProfile {
  /** The name of a preset, or the path of the file as it was given. */
  readonly name: string;
  /** Options of the command line changed it. */
  readonly changed: boolean;
  readonly profile: Profile;
}

/** What a key was when it last ran; `remembered` is false for one that never did. */
export interface RememberedProfile extends NamedProfile {
  readonly remembered: boolean;
}

const defaultName = 'complete';

/** A preset, or a profile file that is not named like one. Throws UsageError. */
export function nameProfile(nameOrPath = defaultName): NamedProfile {
  const settings = findPreset(nameOrPath) ? nameOrPath : readProfileFile(nameOrPath);
  return { name: nameOrPath, changed: false, profile: resolveProfile(settings) };
}

/** Keeps with a key what it is, for those who look at it from outside, now or after it ran. */
export async function rememberProfile(
  store: KeystoreDirectory,
  key: string,
  { name, changed, profile }: NamedProfile,
): Promise<void> {
  const note = JSON.stringify({ name, changed, profile: profileDocument(profile) });
  if (store.note(key) !== note) await store.setNote(key, note);
}

/** What the key is while it runs, and was when it last ran; the default for one that never ran. */
export function recallProfile(store: KeystoreDirectory, key: string): RememberedProfile {
  return (
    readNote(store.note(key)) ?? {
      name: defaultName,
      changed: false,
      profile: defaultProfile,
      remembered: false,
    }
  );
}

/** Undefined also for a note that another version of the program wrote and this one does not understand. */
function readNote(note: string | undefined): RememberedProfile | undefined {
  if (note === undefined) return undefined;
  try {
    const { name, changed, profile } = JSON.parse(note) as Readonly<Record<string, unknown>>;
    return {
      name: String(name),
      changed: changed === true,
      profile: resolveProfile(parseProfile(profile)),
      remembered: true,
    };
  } catch {
    return undefined;
  }
}
