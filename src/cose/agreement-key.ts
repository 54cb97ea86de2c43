import type { CborValue } from '../cbor/value.ts';
import { coseLabel, type CoseKey } from './key.ts';

/** A P-256 point of the PIN/UV auth protocols; 32 bytes each, big-endian. */
export interface AgreementPoint {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** ECDH-ES + HKDF-256: not the algorithm in use, but the one that the protocols write (CTAP 2.3 §6.5.6). */
const algorithm = -25;
const ec2 = 2;
const p256 = 1;
const coordinateSize = 32;

/** getKeyAgreement's COSE_Key: exactly labels 1, 3, -1, -2, -3 (CTAP 2.3 §6.5.6). */
export function agreementKeyToCose(point: AgreementPoint): CoseKey {
  return new Map<number, CborValue>([
    [coseLabel.kty, ec2],
    [coseLabel.alg, algorithm],
    [coseLabel.crv, p256],
    [coseLabel.x, point.x],
    [coseLabel.y, point.y],
  ]);
}

/**
 * Reads a platform's key-agreement key. Strict: anything but exactly the five labels with 32-byte coordinates gives
 * undefined. Whether the point lies on the curve is found out by `AgreementKey.agree`.
 */
export function parseAgreementKey(value: CborValue | undefined): AgreementPoint | undefined {
  if (!(value instanceof Map)) return undefined;
  const map: ReadonlyMap<unknown, unknown> = value;
  const x = map.get(coseLabel.x);
  const y = map.get(coseLabel.y);
  const fixedPartsMatch =
    map.size === 5 &&
    map.get(coseLabel.kty) === ec2 &&
    map.get(coseLabel.alg) === algorithm &&
    map.get(coseLabel.crv) === p256;
  if (!fixedPartsMatch || !isCoordinate(x) || !isCoordinate(y)) return undefined;
  return { x, y };
}

function isCoordinate(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === coordinateSize;
}
