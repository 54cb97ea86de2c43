import type { Dice } from '../support/dice.ts';

export function pick<T>(dice: Dice, list: readonly T[]): T {
  return list[dice(list.length)] as T;
}

export function randomBytes(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice(256));
}

/** Short as a rule, long at times. */
export function randomLength(dice: Dice, longest: number): number {
  return dice(4) === 0 ? dice(longest + 1) : dice(Math.min(longest, 40) + 1);
}

const edges = [0x00, 0x01, 0x17, 0x18, 0x1f, 0x3f, 0x40, 0x7f, 0x80, 0xa0, 0xbf, 0xf6, 0xfe, 0xff];

type ByteChange = (bytes: Uint8Array, dice: Dice) => Uint8Array;

const byteChanges: readonly ByteChange[] = [
  (bytes, dice) => bytes.with(dice(bytes.length), dice(256)),
  (bytes, dice) => bytes.with(dice(bytes.length), pick(dice, edges)),
  (bytes, dice) => {
    const at = dice(bytes.length);
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << dice(8)));
  },
  (bytes, dice) => bytes.slice(0, dice(bytes.length + 1)),
  (bytes, dice) => bytes.slice(dice(bytes.length)),
  (bytes, dice) => spliced(bytes, dice(bytes.length + 1), 0, randomBytes(dice, 1 + dice(8))),
  (bytes, dice) => spliced(bytes, dice(bytes.length + 1), 1 + dice(8), new Uint8Array()),
  (bytes, dice) => {
    const [from, length] = [dice(bytes.length), 1 + dice(16)];
    return spliced(bytes, dice(bytes.length + 1), 0, bytes.slice(from, from + length));
  },
  (bytes, dice) => spliced(bytes, bytes.length, 0, new Uint8Array(1 + dice(80)).fill(pick(dice, edges))),
];

function spliced(bytes: Uint8Array, at: number, remove: number, put: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + remove)]));
}

/** One to four small changes. */
export function bendBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  let bent = bytes;
  for (let count = 1 + dice(4); count > 0; count -= 1) {
    bent = bent.length === 0 ? randomBytes(dice, 1 + dice(20)) : pick(dice, byteChanges)(bent, dice);
  }
  return bent;
}

/** The same for text, which stays text. */
export function bendText(text: string, dice: Dice): string {
  return Buffer.from(bendBytes(Buffer.from(text), dice)).toString('utf8');
}

const strangers: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308],
  ...['', 'x', '\u0000', '\u001b[2J', '__proto__', 'constructor', '../../etc/passwd', '𐀀'.repeat(300)],
  ...['AA', 'AAAA', 'A'.repeat(5000), '=', '2026-01-01T00:00:00.000Z', '9'.repeat(400)],
  ...[[], {}, [[]], [null], { length: 1 }],
];

/** A JSON value in which members were replaced, removed, doubled or added. The one given stays as it is. */
export function bendJson(value: unknown, dice: Dice): unknown {
  const bent = structuredClone(value);
  for (let count = 1 + dice(3); count > 0; count -= 1) {
    const place = findPlace(bent, dice);
    if (!place) return pick(dice, strangers);
    changePlace(place, dice);
  }
  return bent;
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Some container somewhere inside, and one of its members. */
function findPlace(root: unknown, dice: Dice): { container: Container; key: string } | undefined {
  if (!isContainer(root)) return undefined;
  let container = root;
  for (;;) {
    const key = pick(dice, Object.keys(container));
    const inner = (container as Record<string, unknown>)[key];
    if (!isContainer(inner) || dice(4) === 0) return { container, key };
    container = inner;
  }
}

function changePlace({ container, key }: { container: Container; key: string }, dice: Dice): void {
  const object = container as Record<string, unknown>;
  const change = dice(5);
  if (change === 0 && Array.isArray(container)) container.push(structuredClone(object[key]));
  else if (change === 0) Reflect.deleteProperty(object, key);
  else if (change === 1) object[`${key}${String(dice(10))}`] = structuredClone(object[key]);
  else if (change === 2 && typeof object[key] === 'string') object[key] = bendText(object[key], dice);
  else if (change === 3 && typeof object[key] === 'number')
    object[key] = object[key] + pick(dice, [-1, 1, 256, 2 ** 32, 0.5]);
  else object[key] = structuredClone(pick(dice, strangers));
}
