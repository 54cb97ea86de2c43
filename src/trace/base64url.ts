/** Arguments that one call may safely have. */
const few = 4096;

/** Base64url without padding (RFC 4648 §5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += few) {
    binary += String.fromCharCode(...bytes.subarray(at, at + few));
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
