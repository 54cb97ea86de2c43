import { configSubCommand } from '../../../ctap/messages/config.ts';
import type { Profile } from '../../profile.ts';

/** Subcommands of authenticatorConfig that a key has (getInfo 0x1F), ascending. */
export function supportedConfigCommands(profile: Profile): readonly number[] {
  if (!profile.authenticatorConfig) return [];
  const candidates: readonly [number, boolean][] = [
    [configSubCommand.enableEnterpriseAttestation, profile.enterpriseAttestation !== undefined],
    [configSubCommand.toggleAlwaysUv, profile.alwaysUv !== undefined],
    [configSubCommand.setMinPinLength, profile.setMinPinLength !== undefined],
    [configSubCommand.enableLongTouchForReset, profile.longTouchForReset !== undefined],
    [configSubCommand.vendorPrototype, profile.vendorConfigCommands !== undefined],
  ];
  return candidates.filter(([, supported]) => supported).map(([subCommand]) => subCommand);
}
