/** COSE algorithm identifiers that Fauxkey can sign with (IANA COSE registry; WebAuthn L3 §5.8.5). */
export const coseAlgorithm = {
  ES256: -7,
  EdDSA: -8,
  ESP256: -9,
  Ed25519: -19,
  ES384: -35,
  ES512: -36,
  PS256: -37,
  PS384: -38,
  PS512: -39,
  ES256K: -47,
  MLDSA44: -48,
  MLDSA65: -49,
  MLDSA87: -50,
  ESP384: -51,
  ESP512: -52,
  Ed448: -53,
  RS256: -257,
  RS384: -258,
  RS512: -259,
} as const;

export type AlgorithmName = keyof typeof coseAlgorithm;
export type CoseAlgorithm = (typeof coseAlgorithm)[AlgorithmName];

const names = new Map<number, AlgorithmName>(
  (Object.entries(coseAlgorithm) as [AlgorithmName, CoseAlgorithm][]).map(([name, id]) => [id, name]),
);

/** The registered name of an identifier, or undefined for one that Fauxkey does not know. */
export function algorithmName(id: number): AlgorithmName | undefined {
  return names.get(id);
}

export function isCoseAlgorithm(id: number): id is CoseAlgorithm {
  return names.has(id);
}
