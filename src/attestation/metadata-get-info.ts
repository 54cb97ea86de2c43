import type { GetInfoResponse } from '../ctap/messages/get-info.ts';
import { toHex } from '../ctap/bytes.ts';

/** Members that differ from one key of a model to the next, or from call to call. */
const individualMembers: ReadonlySet<string> = new Set([
  'encIdentifier',
  'encCredStoreState',
  'remainingDiscoverableCredentials',
  'uvCountSinceLastPinEntry',
]);

/** Where the standard's spelling differs from ours. */
const spelling: Readonly<Record<string, string>> = {
  forcePinChange: 'forcePINChange',
  minPinLength: 'minPINLength',
  maxPinLength: 'maxPINLength',
  maxRpIdsForSetMinPinLength: 'maxRPIDsForSetMinPINLength',
  pinComplexityPolicyUrl: 'pinComplexityPolicyURL',
};

/**
 * authenticatorGetInfo as metadata has it: members by the names of CTAP 2.3 §6.4, maps as objects, byte strings as hex
 * without dashes, and algorithms as credential parameters (FIDO Metadata Statement 3.0 §3.12).
 */
export function describeGetInfo(info: GetInfoResponse): Readonly<Record<string, unknown>> {
  const { algorithms, ...others } = info;
  const members = Object.entries(others)
    .filter(([name]) => !individualMembers.has(name))
    .map(([name, value]) => [spelling[name] ?? name, plain(value)] as const);
  return {
    ...Object.fromEntries(members),
    ...(algorithms && { algorithms: algorithms.map((alg) => ({ type: 'public-key', alg })) }),
  };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map) return Object.fromEntries(value);
  // JSON has no bigint; what does not fit a number is written as text.
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'bigint' ? String(item) : (item as unknown)));
  return value;
}
