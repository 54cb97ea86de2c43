import type { Environment } from './environment.ts';
import type { Profile } from './profile.ts';

/** The persistent settings and capabilities in the terms of getInfo's options (CTAP 2.3 §6.4), at this moment. */
type Source = Pick<Environment, 'profile' | 'keystore'>;

/** Option clientPin: true when a PIN is set, false when one could be, undefined without client PIN. */
export function clientPin({ profile, keystore }: Source): boolean | undefined {
  return profile.pin ? keystore.state().pin !== undefined : undefined;
}

/**
 * Option uv: true when built-in verification is ready, undefined for a key without it. A key whose sensor platforms can
 * enrol fingers with is ready once it has one; any other came with what it needs.
 */
export function builtInUv(source: Source): boolean | undefined {
  return source.profile.builtInUv && (bioEnroll(source) ?? true);
}

/** Option bioEnroll: true when a fingerprint is enrolled, undefined for a key without authenticatorBioEnrollment. */
export function bioEnroll({ profile, keystore }: Source): boolean | undefined {
  return profile.bioEnrollment && keystore.state().fingerprints.length > 0;
}

/** Protected by some form of user verification (CTAP 2.3 §6.1.2 step 6). */
export function isProtected(source: Source): boolean {
  return clientPin(source) === true || builtInUv(source) === true;
}

/** Option plat: a key that nobody can take away is built into the client. */
export function isPlatformKey({ transports }: Profile): boolean {
  return transports.every((transport) => transport === 'internal');
}

/** Option alwaysUv; undefined for a key that does not know it. */
export function alwaysUv({ profile, keystore }: Source): boolean | undefined {
  return profile.alwaysUv === undefined ? undefined : (keystore.state().alwaysUv ?? profile.alwaysUv);
}

/** Option makeCredUvNotRqd, which alwaysUv switches off (CTAP 2.3 §7.2). */
export function makeCredUvNotRqd(source: Source): boolean {
  return source.profile.makeCredUvNotRqd && alwaysUv(source) !== true;
}

/** Versions for getInfo: U2F would bypass alwaysUv, so it disappears with it (CTAP 2.3 §7.2.4). */
export function versions(source: Source): readonly string[] {
  return source.profile.versions.filter((version) => version !== 'U2F_V2' || speaksU2f(source));
}

export function speaksU2f(source: Source): boolean {
  return source.profile.versions.includes('U2F_V2') && alwaysUv(source) !== true;
}

/** CTAP2 is answered unless the profile is a pure U2F key. */
export function speaksCtap2({ profile }: Source): boolean {
  return profile.versions.some((version) => version.startsWith('FIDO_'));
}

/** Code points that a new PIN needs (getInfo 0x0D). */
export function minPinLength({ profile, keystore }: Source): number {
  return keystore.state().minPinLength ?? profile.pin?.minLength ?? 4;
}

/** RP IDs that may learn the minimum PIN length: the factory's and those that setMinPINLength named. */
export function isMinPinLengthRp({ profile, keystore }: Source, rpId: string): boolean {
  const named = keystore.state().minPinLengthRpIds ?? [];
  return [...named, ...(profile.setMinPinLength?.preconfiguredRpIds ?? [])].includes(rpId);
}

/** Member 0x1B of getInfo; undefined for a key without a policy. */
export function pinComplexityPolicy({ profile, keystore }: Source): boolean | undefined {
  return profile.pinComplexity && (keystore.state().pinComplexityPolicy ?? profile.pinComplexity.enforced);
}

/** Member 0x18 of getInfo; undefined for a key without it. */
export function longTouchForReset({ profile, keystore }: Source): boolean | undefined {
  return profile.longTouchForReset === undefined
    ? undefined
    : (keystore.state().longTouchForReset ?? profile.longTouchForReset);
}

/** Option ep; undefined for a key that is not capable of enterprise attestation. */
export function enterpriseAttestation({ profile, keystore }: Source): boolean | undefined {
  return profile.enterpriseAttestation && keystore.state().enterpriseAttestation;
}

/** Room for further discoverable credentials (getInfo 0x14). */
export function remainingDiscoverable({ profile, keystore }: Source): number {
  return Math.max(0, profile.maxDiscoverableCredentials - keystore.countDiscoverable());
}
