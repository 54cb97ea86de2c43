/** Source of all randomness in the key: keys, identifiers, nonces. */
export interface Random {
  /** Fresh random bytes, `length` of them. */
  bytes(length: number): Uint8Array;
}
