/** Bytes that are not DER, or not the structure that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** One TLV; `content` is a view into the input. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Identifier octets in use (X.690 §8.1.2). */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of context-specific tag `number`, below 31. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return 0x80 | (form === 'constructed' ? 0x20 : 0) | number;
}

/** Encodes one TLV around the concatenated parts. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const octets = length < 0x80 ? undefined : longLength(length);
  let offset = 2 + (octets?.length ?? 0);
  const result = new Uint8Array(offset + length);
  result[0] = tag;
  result[1] = octets ? 0x80 | octets.length : length;
  if (octets) result.set(octets, 2);
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

function longLength(length: number): number[] {
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return octets;
}

export function encodeSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(derTag.sequence, ...parts);
}

/** A non-negative INTEGER from big-endian bytes with any number of leading zeros. */
export function encodeUnsigned(bytes: Uint8Array): Uint8Array {
  const digits = stripLeadingZeros(bytes);
  const needsSignOctet = digits.length === 0 || (digits[0] ?? 0) >= 0x80;
  return encodeDer(derTag.integer, needsSignOctet ? Uint8Array.of(0) : new Uint8Array(), digits);
}

/** A BIT STRING whose last octet has `unusedBits` bits of padding. */
export function encodeBitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return encodeDer(derTag.bitString, Uint8Array.of(unusedBits), bytes);
}

export function encodeOctetString(bytes: Uint8Array): Uint8Array {
  return encodeDer(derTag.octetString, bytes);
}

/** Identifiers are constants of the program; what is handed out is a copy. */
const encodedOids = new Map<string, Uint8Array>();

/** An OBJECT IDENTIFIER from its dotted form. */
export function encodeOid(dotted: string): Uint8Array {
  const encoded = encodedOids.get(dotted) ?? encodeDottedOid(dotted);
  encodedOids.set(dotted, encoded);
  return encoded.slice();
}

function encodeDottedOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encodeDer(derTag.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift(0x80 | (rest % 128));
  }
  return octets;
}

/** Decodes exactly one TLV that fills `bytes`. Throws DerError. */
export function decodeDer(bytes: Uint8Array): DerValue {
  const { value, end } = readValue(bytes, 0);
  if (end !== bytes.length) throw new DerError(`${bytes.length - end} bytes follow the DER value`);
  return value;
}

/** Decodes all TLVs in the content of a constructed value. Throws DerError. */
export function decodeDerChildren(content: Uint8Array): DerValue[] {
  const children: DerValue[] = [];
  for (let offset = 0; offset < content.length;) {
    const { value, end } = readValue(content, offset);
    children.push(value);
    offset = end;
  }
  return children;
}

function readValue(bytes: Uint8Array, start: number): { value: DerValue; end: number } {
  const tag = bytes[start];
  if (tag === undefined) throw new DerError('DER value is cut off');
  if ((tag & 0x1f) === 0x1f) throw new DerError('DER tag numbers above 30 are not supported');
  const { length, offset } = readLength(bytes, start + 1);
  const end = offset + length;
  if (end > bytes.length) throw new DerError('DER value is cut off');
  return { value: { tag, content: bytes.subarray(offset, end) }, end };
}

function readLength(bytes: Uint8Array, start: number): { length: number; offset: number } {
  const first = bytes[start];
  if (first === undefined) throw new DerError('DER length is cut off');
  if (first < 0x80) return { length: first, offset: start + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 3) throw new DerError('DER length is indefinite or too large');
  let length = 0;
  for (let index = 1; index <= count; index++) {
    const octet = bytes[start + index];
    if (octet === undefined) throw new DerError('DER length is cut off');
    length = length * 256 + octet;
  }
  const isMinimal = length >= 0x80 && length >= 256 ** (count - 1);
  if (!isMinimal) throw new DerError('DER length is not minimal');
  return { length, offset: start + 1 + count };
}

/** The content of a value that must have this tag. Throws DerError that names `what`. */
export function requireDer(value: DerValue | undefined, tag: number, what: string): Uint8Array {
  if (value?.tag !== tag) throw new DerError(`${what} is missing or of the wrong type`);
  return value.content;
}

/** A non-negative INTEGER as big-endian bytes without leading zeros (zero gives no bytes). Throws DerError. */
export function requireUnsigned(value: DerValue | undefined, what: string): Uint8Array {
  const content = requireDer(value, derTag.integer, what);
  const [first, second] = content;
  if (first === undefined || first >= 0x80) throw new DerError(`${what} is empty or negative`);
  if (first === 0 && second !== undefined && second < 0x80) throw new DerError(`${what} is not minimal`);
  return first === 0 ? content.subarray(1) : content;
}

/** The bytes of a BIT STRING of whole octets. Throws DerError. */
export function requireBitString(value: DerValue | undefined, tag: number, what: string): Uint8Array {
  const content = requireDer(value, tag, what);
  if (content[0] !== 0) throw new DerError(`${what} is not a string of whole octets`);
  return content.subarray(1);
}

function stripLeadingZeros(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((octet) => octet !== 0);
  return start === -1 ? new Uint8Array() : bytes.subarray(start);
}
