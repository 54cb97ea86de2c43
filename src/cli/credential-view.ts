import { createHash } from 'node:crypto';
import { accountLabel } from '../consent/wording.ts';
import { printable } from '../consent/text/printable.ts';
import { algorithmName } from '../cose/algorithm.ts';
import type { CborValue } from '../cbor/value.ts';
import type { Credential } from '../ports/credential.ts';
import { toBase64url, toHex } from './credential-id.ts';

/** What people read for the site; of a U2F credential only the hash is known. */
export function siteOf(credential: Credential): string {
  return credential.rpId === undefined
    ? `U2F ${toHex(credential.rpIdHash).slice(0, 16)}…`
    : printable(credential.rpId);
}

export function accountOf({ user }: Credential): string {
  return user ? accountLabel({ ...user, userId: toHex(user.id) }) : '–';
}

export function algorithmOf({ algorithm }: Credential): string {
  return algorithmName(algorithm) ?? String(algorithm);
}

export function wordCounter({ signCount }: Credential): string {
  return signCount === null ? 'always zero' : String(signCount);
}

/** The flags BE and BS in words. */
export function wordBackup({ backupEligible, backupState }: Credential): string {
  if (!backupEligible) return 'bound to this key';
  return backupState ? 'synced (backup eligible, backed up)' : 'backup eligible, not backed up';
}

/** Credentials of one site by its RP ID; finds U2F credentials too, whose only trace of it is the hash. */
export function ofSite(credentials: readonly Credential[], site: string): Credential[] {
  const hash = createHash('sha256').update(site.toLowerCase()).digest();
  return credentials.filter(({ rpId, rpIdHash }) => rpId === site || hash.equals(rpIdHash));
}

function jsonValue(value: CborValue): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? toBase64url(value) : value;
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** A credential for programs: everything but its secrets. Bytes are base64url unless the name says hex. */
export function credentialJson(credential: Credential): Record<string, unknown> {
  const { user, largeBlob } = credential;
  return {
    id: toBase64url(credential.id),
    idHex: toHex(credential.id),
    site: credential.rpId ?? null,
    siteName: credential.rpName ?? null,
    rpIdHashHex: toHex(credential.rpIdHash),
    account: user
      ? { id: toBase64url(user.id), name: user.name ?? null, displayName: user.displayName ?? null }
      : null,
    discoverable: credential.discoverable,
    protocol: credential.protocol,
    algorithm: algorithmOf(credential),
    signCount: credential.signCount,
    credProtect: credential.credProtect,
    createdAt: isoTime(credential.createdAt),
    lastUsedAt: isoTime(credential.lastUsedAt),
    thirdPartyPayment: credential.thirdPartyPayment,
    backupEligible: credential.backupEligible,
    backupState: credential.backupState,
    credBlob: credential.credBlob ? toBase64url(credential.credBlob) : null,
    largeBlob: largeBlob ? { bytes: largeBlob.data.length, originalSize: largeBlob.originalSize } : null,
    publicKey: Object.fromEntries(
      Array.from(credential.publicKey, ([label, value]) => [label, jsonValue(value)]),
    ),
  };
}
