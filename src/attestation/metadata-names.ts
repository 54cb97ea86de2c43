import type { CoseAlgorithm } from '../cose/algorithm.ts';
import type { HostTransport } from '../ports/message-handler.ts';

/**
 * Names of signature algorithms (FIDO Registry of Predefined Values 2.2 §3.6.1). FIDO2 metadata uses the `raw` names
 * also for ECDSA signatures in DER. SPEC-SILENT: ML-DSA has no name yet and is left out.
 */
export const authenticationAlgorithms: Readonly<Partial<Record<CoseAlgorithm, string>>> = {
  [-7]: 'secp256r1_ecdsa_sha256_raw',
  [-9]: 'secp256r1_ecdsa_sha256_raw',
  [-35]: 'secp384r1_ecdsa_sha384_raw',
  [-51]: 'secp384r1_ecdsa_sha384_raw',
  [-36]: 'secp521r1_ecdsa_sha512_raw',
  [-52]: 'secp521r1_ecdsa_sha512_raw',
  [-47]: 'secp256k1_ecdsa_sha256_raw',
  [-8]: 'ed25519_eddsa_sha512_raw',
  [-19]: 'ed25519_eddsa_sha512_raw',
  [-53]: 'ed448_eddsa_sha512_raw',
  [-257]: 'rsassa_pkcsv15_sha256_raw',
  [-258]: 'rsassa_pkcsv15_sha384_raw',
  [-259]: 'rsassa_pkcsv15_sha512_raw',
  [-37]: 'rsassa_pss_sha256_raw',
  [-38]: 'rsassa_pss_sha384_raw',
  [-39]: 'rsassa_pss_sha512_raw',
};

const wireless: Readonly<Partial<Record<HostTransport, string>>> = {
  nfc: 'nfc',
  ble: 'bluetooth',
  hybrid: 'network',
};

/** How the key is attached, by its transports (FIDO Registry of Predefined Values 2.2 §3.4); `internal` stands alone. */
export function attachmentHints(transports: readonly HostTransport[]): readonly string[] {
  if (transports.every((transport) => transport === 'internal')) return ['internal'];
  const ways = transports.flatMap((transport) => wireless[transport] ?? []);
  const isWired = transports.some((transport) => transport === 'usb' || transport === 'smart-card');
  return ['external', ...(isWired ? ['wired'] : []), ...(ways.length > 0 ? ['wireless', ...ways] : [])];
}

/** What a version string of getInfo stands for in `upv` (FIDO Metadata Statement 3.0 §4). */
export const unifiedProtocolVersions: Readonly<
  Record<string, { readonly major: number; readonly minor: number }>
> = {
  FIDO_2_0: { major: 1, minor: 0 },
  FIDO_2_1: { major: 1, minor: 1 },
  FIDO_2_2: { major: 1, minor: 2 },
  FIDO_2_3: { major: 1, minor: 3 },
};

/** U2F 1.2, the last version of that protocol. */
export const u2fProtocolVersion = { major: 1, minor: 2 } as const;
