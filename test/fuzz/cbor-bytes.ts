import type { Dice } from '../support/dice.ts';
import { pick, randomBytes, randomLength } from './bend.ts';

const floats = [
  [0xf9, 0x7e, 0x00],
  [0xfa, 0x7f, 0x80, 0, 0],
  [0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0],
];
const simple = [[0xf4], [0xf5], [0xf6], [0xf7], [0xe0], [0xf8, 0x20], [0xff], [0xc0], [0xd8, 0x18]];

/** A head; the argument is written in more bytes than it needs at times, or says anything at all. */
function head(dice: Dice, major: number, argument: number): number[] {
  const honest = dice(30) > 0 ? argument : pick(dice, [0, 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1]);
  const form = dice(30) > 0 ? shortestForm(honest) : dice(5);
  const size = [0, 1, 2, 4, 8][form] ?? 0;
  if (size === 0) return [(major << 5) | (honest < 24 ? honest : dice(24))];
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(dice(20) > 0 ? BigInt(honest) : 2n ** 63n);
  return [(major << 5) | (23 + form), ...bytes.subarray(8 - size)];
}

function shortestForm(argument: number): number {
  if (argument < 24) return 0;
  if (argument < 0x100) return 1;
  return argument < 0x1_0000 ? 2 : 3;
}

/** The bytes of one item that is well-formed but for occasional slips: duplicate and disordered keys, wrong lengths. */
export function cborBytes(dice: Dice, depth = 6): number[] {
  const kind = dice(depth > 0 ? 9 : 6);
  if (kind < 2) return head(dice, kind, dice(3) === 0 ? dice(2 ** 31) : dice(30));
  if (kind === 2) return string(dice, 2, randomBytes(dice, randomLength(dice, 400)));
  if (kind === 3) return string(dice, 3, dice(8) > 0 ? asciiBytes(dice) : randomBytes(dice, 1 + dice(9)));
  if (kind === 4) return [...pick(dice, simple)];
  if (kind === 5) return dice(5) > 0 ? [0xf5] : [...pick(dice, floats)];
  const count = dice(12) > 0 ? dice(5) : dice(40);
  return kind === 6 ? array(dice, count, depth - 1) : map(dice, count, depth - 1);
}

function asciiBytes(dice: Dice): Uint8Array {
  return Uint8Array.from({ length: randomLength(dice, 100) }, () => 0x20 + dice(95));
}

function string(dice: Dice, major: number, bytes: Uint8Array): number[] {
  return [...head(dice, major, bytes.length), ...bytes];
}

function array(dice: Dice, count: number, depth: number): number[] {
  return [...head(dice, 4, count), ...Array.from({ length: count }, () => cborBytes(dice, depth)).flat()];
}

function map(dice: Dice, count: number, depth: number): number[] {
  const keys = Array.from({ length: count }, (_, index) =>
    dice(6) > 0 ? head(dice, 0, index + 1) : string(dice, 3, asciiBytes(dice)),
  );
  if (dice(10) > 0)
    keys.sort((a, b) => a.length - b.length || Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return [...head(dice, 5, count), ...keys.flatMap((key) => [...key, ...cborBytes(dice, depth)])];
}
