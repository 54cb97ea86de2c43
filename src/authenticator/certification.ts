/** Names of certification programs and their highest level; the lowest is 1 (CTAP 2.3 §7.3). */
export const certificationLevels: ReadonlyMap<string, number> = new Map([
  ['FIPS-CMVP-2', 4],
  ['FIPS-CMVP-3', 4],
  ['FIPS-CMVP-2-PHY', 4],
  ['FIPS-CMVP-3-PHY', 4],
  ['CC-EAL', 7],
  ['FIDO', 6],
  ['CCN-CPSTIC', 1],
]);

/** Whether the program exists and has this level. */
export function isCertification(name: string, level: number): boolean {
  const highest = certificationLevels.get(name);
  return highest !== undefined && Number.isInteger(level) && level >= 1 && level <= highest;
}
