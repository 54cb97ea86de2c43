/**
 * The CTAP2 subset of CBOR as JavaScript values (CTAP 2.3 §8): integers are numbers while they are safe and bigints
 * beyond, byte strings are Uint8Array, maps are Map with integer or text keys.
 */
export type CborValue = number | bigint | string | boolean | null | Uint8Array | CborArray | CborMap;
export type CborArray = readonly CborValue[];
export type CborKey = number | bigint | string;
export type CborMap = ReadonlyMap<CborKey, CborValue>;
