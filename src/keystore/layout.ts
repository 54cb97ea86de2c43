/**
 * Database keys. One LMDB database holds everything, ordered by key:
 *
 *     fauxkey                         header: format, protection of the data key
 *     N tag                           a key of the store, by name
 *     L keyId                         lease of the process that runs it
 *     K keyId s|b|a|t|g               state, large-blob array, attestation, tally, generation
 *     K keyId c|h sequence            a credential: what stays, what changes with use
 *     K keyId i tag                   sequence by credential id
 *     K keyId u tag                   sequence by RP and user.id, discoverable credentials only
 *     K keyId r tag sequence          discoverable credentials by RP
 *
 * Tags are keyed hashes (16 bytes), sequences are 6 bytes big-endian and grow with each new credential.
 */
export const headerKey: Uint8Array = Buffer.from('fauxkey');

const sequenceLength = 6;

export function nameKey(tag: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('N'), tag]);
}

export function leaseKey(keyId: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('L'), keyId]);
}

export function sequenceBytes(sequence: number): Uint8Array {
  return numbered(noPrefix, sequence);
}

const noPrefix = new Uint8Array(0);

/** A prefix and a sequence behind it. */
function numbered(prefix: Uint8Array, sequence: number): Uint8Array {
  const bytes = new Uint8Array(prefix.length + sequenceLength);
  bytes.set(prefix);
  let rest = sequence;
  for (let index = bytes.length - 1; index >= prefix.length; index -= 1) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** The number that `sequenceBytes` wrote; also at the end of a longer key. */
export function readSequence(bytes: Uint8Array): number {
  let sequence = 0;
  for (let index = bytes.length - sequenceLength; index < bytes.length; index += 1) {
    sequence = sequence * 256 + (bytes[index] ?? 0);
  }
  return sequence;
}

/** First key after all that begin with `prefix`. */
export function endOf(prefix: Uint8Array): Uint8Array {
  // Behind a last byte FF comes what is behind the bytes before it.
  let length = prefix.length;
  while (prefix[length - 1] === 0xff) length -= 1;
  const end = Buffer.from(prefix.subarray(0, length));
  end[length - 1] = (end[length - 1] ?? 0) + 1;
  return end;
}

/** The database keys of one key of the store. */
export interface KeySpace {
  /** All of them begin with this. */
  readonly prefix: Uint8Array;
  readonly state: Uint8Array;
  readonly largeBlobArray: Uint8Array;
  readonly attestation: Uint8Array;
  readonly tally: Uint8Array;
  readonly generation: Uint8Array;
  /** Prefix of all credentials in order of creation, and of everything that belongs to credentials. */
  readonly credentials: Uint8Array;
  readonly credentialParts: readonly Uint8Array[];
  readonly sites: Uint8Array;
  cold(sequence: number): Uint8Array;
  hot(sequence: number): Uint8Array;
  byId(tag: Uint8Array): Uint8Array;
  byAccount(tag: Uint8Array): Uint8Array;
  site(tag: Uint8Array): Uint8Array;
  inSite(tag: Uint8Array, sequence: number): Uint8Array;
}

export function keySpace(keyId: Uint8Array): KeySpace {
  const prefix = Buffer.concat([Buffer.from('K'), keyId]);
  const part = (letter: string, ...rest: Uint8Array[]): Uint8Array =>
    Buffer.concat([prefix, Buffer.from(letter), ...rest]);
  const [credentials, uses] = [part('c'), part('h')];
  return {
    prefix,
    state: part('s'),
    largeBlobArray: part('b'),
    attestation: part('a'),
    tally: part('t'),
    generation: part('g'),
    credentials,
    credentialParts: ['c', 'h', 'i', 'u', 'r'].map((letter) => part(letter)),
    sites: part('r'),
    cold: (sequence) => numbered(credentials, sequence),
    hot: (sequence) => numbered(uses, sequence),
    byId: (tag) => part('i', tag),
    byAccount: (tag) => part('u', tag),
    site: (tag) => part('r', tag),
    inSite: (tag, sequence) => part('r', tag, sequenceBytes(sequence)),
  };
}
