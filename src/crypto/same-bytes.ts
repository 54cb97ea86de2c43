/** Whether two byte strings are equal. Not constant in time: for public values and for what we made ourselves. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
