import { UsageError } from '../ports/errors.ts';

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Reads the members of one JSON object, and says of whatever is wrong where it stands. Null counts as absent. */
export class DocumentReader {
  readonly #members: ReadonlyMap<string, unknown>;
  readonly #path: string;
  readonly #asked = new Set<string>();

  /** `path` is how messages call the object; empty for the document itself. */
  constructor(value: unknown, path: string) {
    this.#path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UsageError(`${path === '' ? 'The document' : path} has to be an object.`);
    }
    this.#members = new Map(Object.entries(value));
  }

  /** Where a member stands. */
  at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  raw(name: string): unknown {
    this.#asked.add(name);
    return this.#members.get(name) ?? undefined;
  }

  /** Whether the member is there and null. */
  isNull(name: string): boolean {
    return this.#members.get(name) === null;
  }

  require<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw new UsageError(`${this.at(name)} is missing.`);
    return value;
  }

  text(name: string, { min = 0, max = 2048 }: Range = {}): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const isFit = typeof value === 'string' && value.length >= min && value.length <= max;
    if (!isFit) throw this.#wrong(name, `text of ${min} to ${max} characters`);
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  integer(name: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const isFit = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    if (!isFit) throw this.#wrong(name, `a whole number from ${min} to ${max}`);
    return value;
  }

  bytes(name: string, { min = 0, max = 1_048_576 }: Range = {}): Uint8Array | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const bytes = typeof value === 'string' ? fromBase64Url(value) : undefined;
    if (bytes === undefined) throw this.#wrong(name, 'base64url without padding');
    if (bytes.length < min || bytes.length > max) {
      throw this.#wrong(name, min === max ? `${min} bytes long` : `${min} to ${max} bytes long`);
    }
    return bytes;
  }

  /** Milliseconds since the Unix epoch. */
  time(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : NaN;
    if (Number.isNaN(time)) throw this.#wrong(name, 'a time like 2026-01-31T12:00:00.000Z');
    return time;
  }

  oneOf<T extends string | number>(name: string, values: readonly T[]): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const found = values.find((item) => item === value);
    if (found === undefined) throw this.#wrong(name, `one of ${values.join(', ')}`);
    return found;
  }

  object(name: string): DocumentReader | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : new DocumentReader(value, this.at(name));
  }

  list(name: string): readonly unknown[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list');
    return value;
  }

  /** To be called last: nothing may be left that nobody asked for. A misspelt member is found this way. */
  finish(): void {
    for (const name of this.#members.keys()) {
      if (this.#asked.has(name)) continue;
      const shown = /^[\w-]{1,40}$/.test(name) ? `"${name}"` : 'of that name';
      throw new UsageError(
        `${this.#path === '' ? 'The document' : this.#path} has no member ${shown} in this format.`,
      );
    }
  }

  #wrong(name: string, expected: string): UsageError {
    return new UsageError(`${this.at(name)} has to be ${expected}.`);
  }
}

/** Undefined for text that is not the one base64url form of some bytes (RFC 4648 §5, without padding). */
function fromBase64Url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? new Uint8Array(bytes) : undefined;
}
