import type { FieldTable } from '../../src/cbor/table.ts';
import { CborError } from '../../src/cbor/error.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborKey, CborMap, CborValue } from '../../src/cbor/value.ts';
import type { Dice } from '../support/dice.ts';
import { pick, randomBytes, randomLength } from './bend.ts';

/** Values for members by their names in the tables, good ones among them. */
export type NamedValues = Readonly<Record<string, (dice: Dice) => CborValue | undefined>>;

const numbers: readonly CborValue[] = [0, 1, 2, 3, 7, 64, 255, 2 ** 32, 2n ** 64n - 1n];
const texts = [
  '',
  'x',
  'example.com',
  'público.example',
  'a'.repeat(300),
  '\u0000\u001b[31m',
  '✓'.repeat(30),
];

const samples: readonly ((dice: Dice) => CborValue)[] = [
  (dice) => (dice(2) === 0 ? dice(20) : pick(dice, numbers)),
  (dice) => -1 - dice(300),
  (dice) => randomBytes(dice, pick(dice, [0, 1, 16, 32, 48, 64, randomLength(dice, 1100)])),
  (dice) => pick(dice, texts),
  (dice) => dice(2) === 0,
  () => new Map(),
  () => [],
  () => null,
  (dice) => new Map<CborKey, CborValue>([['id', pick(dice, texts)]]),
  (dice) => new Map<CborKey, CborValue>([['id', randomBytes(dice, 1 + dice(64))]]),
  (dice) => new Map<CborKey, CborValue>([[pick(dice, texts), dice(2) === 0]]),
  (dice) => new Map<CborKey, CborValue>([[1 + dice(4), randomBytes(dice, 32)]]),
  (dice) => [pick(dice, texts)],
  (dice) => [
    new Map<CborKey, CborValue>([
      ['alg', pick(dice, [-7, -8, -257, -65535])],
      ['type', 'public-key'],
    ]),
  ],
  (dice) => [
    new Map<CborKey, CborValue>([
      ['id', randomBytes(dice, dice(80))],
      ['type', 'public-key'],
    ]),
  ],
];

/** What a field takes cannot be read off its table, but be asked of it. */
function isTaken(type: (value: CborValue, path: string) => unknown, value: CborValue): boolean {
  try {
    type(value, '');
    return true;
  } catch (error) {
    if (error instanceof CborError) return false;
    throw error;
  }
}

function fitting(dice: Dice, type: (value: CborValue, path: string) => unknown): CborValue {
  const start = dice(samples.length);
  for (let offset = 0; offset < samples.length; offset += 1) {
    const value = samples[(start + offset) % samples.length]?.(dice) ?? null;
    if (isTaken(type, value)) return value;
  }
  return null;
}

export function anyValue(dice: Dice): CborValue {
  return pick(dice, samples)(dice);
}

/** A request whose members fit the table, with named values where there are some; a member may be strange or absent. */
export function requestOf(dice: Dice, table: FieldTable, named: NamedValues): CborMap {
  const strange = dice(6);
  const members = Object.entries(table).map(([name, { key, required, type }]) => {
    if (!required && dice(3) === 0) return [key, undefined] as const;
    if (dice(40) < strange) return [key, dice(3) === 0 ? undefined : anyValue(dice)] as const;
    const maker = named[name];
    return [key, maker && dice(8) > 0 ? maker(dice) : fitting(dice, type)] as const;
  });
  return cborMap([
    ...members,
    ...(dice(10) === 0 ? [[pick(dice, [0, 99, 'x']), anyValue(dice)] as const] : []),
  ]);
}
