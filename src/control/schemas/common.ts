import { z } from 'zod';

/** Bytes: base64url without padding in JSON (RFC 4648 §5), Uint8Array in programs. Lengths are in bytes. */
export function bytes(least = 0, most = 65_536) {
  const text = z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/, 'has to be base64url without padding')
    .meta({ contentEncoding: 'base64url' });
  return z.codec(
    text,
    z.custom<Uint8Array>((value) => value instanceof Uint8Array),
    {
      decode: (value, payload) => {
        const decoded = new Uint8Array(Buffer.from(value, 'base64url'));
        const problem = wrongBytes(value, decoded, least, most);
        if (problem !== undefined) payload.issues.push({ code: 'custom', input: value, message: problem });
        return decoded;
      },
      encode: (value) => Buffer.from(value).toString('base64url'),
    },
  );
}

function wrongBytes(text: string, decoded: Uint8Array, least: number, most: number): string | undefined {
  if (Buffer.from(decoded).toString('base64url') !== text) return 'has to be base64url without padding';
  if (decoded.length >= least && decoded.length <= most) return undefined;
  return `has to be ${least === most ? least : `${least} to ${most}`} bytes long`;
}

/** Milliseconds of a duration. */
export const milliseconds = z.int().min(0).max(86_400_000);

/** Milliseconds since the Unix epoch. */
export const instant = z.number().meta({ description: 'Milliseconds since the Unix epoch' });

/** `?name=true` in a query. */
export const queryFlag = z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] });

/** A whole number in a query. */
export function queryNumber(least: number, most: number) {
  return z.coerce.number().int().min(least).max(most);
}

/** An identifier in a path that the server gave out as text. */
export const textId = z.string().min(1).max(64);

export const keyParams = z.object({ id: textId.describe('Id of the key') });

/** An open object: JSON that this interface passes on as it is. */
export const document = z.record(z.string(), z.unknown());

export const problem = z
  .object({ code: z.string(), message: z.string() })
  .meta({ id: 'Problem', description: 'What is wrong, as a code for programs and a sentence for people' });
