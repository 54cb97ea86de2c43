import type { CheckGroup } from './check.ts';
import { channelsGroup } from './groups/channels.ts';
import { configGroup } from './groups/config.ts';
import { discoverableGroup } from './groups/discoverable.ts';
import { extensionsGroup } from './groups/extensions.ts';
import { fingerprintsGroup } from './groups/fingerprints.ts';
import { infoGroup } from './groups/info.ts';
import { largeBlobsGroup } from './groups/large-blobs.ts';
import { largeBlobExtensionGroup } from './groups/large-blob-extension.ts';
import { managementGroup } from './groups/management.ts';
import { messagesGroup } from './groups/messages.ts';
import { pinGroup } from './groups/pin.ts';
import { registrationGroup } from './groups/registration.ts';
import { resetGroup } from './groups/reset.ts';
import { signInGroup } from './groups/sign-in.ts';
import { tokensGroup } from './groups/tokens.ts';
import { u2fGroup } from './groups/u2f.ts';
import { waitingGroup } from './groups/waiting.ts';

/** All groups, in the order in which they run: what changes the key comes after what only looks at it. */
export const checkGroups: readonly CheckGroup[] = [
  channelsGroup,
  messagesGroup,
  infoGroup,
  registrationGroup,
  signInGroup,
  waitingGroup,
  extensionsGroup,
  largeBlobExtensionGroup,
  u2fGroup,
  pinGroup,
  tokensGroup,
  discoverableGroup,
  managementGroup,
  largeBlobsGroup,
  configGroup,
  fingerprintsGroup,
  resetGroup,
];

/** Groups and checks whose ids are, or begin with, one of the words; groups without checks are left out. */
export function selectChecks(words: readonly string[]): readonly CheckGroup[] {
  if (words.length === 0) return checkGroups;
  const isWanted = (id: string) => words.some((word) => id === word || id.startsWith(`${word}.`));
  return checkGroups
    .map((group) => ({ ...group, checks: group.checks.filter(({ id }) => isWanted(id)) }))
    .filter(({ checks }) => checks.length > 0);
}
