/** A whole number from zero to below `sides`. */
export type Dice = (sides: number) => number;

/** The same numbers in every run, quickly: sfc32, seeded with a hash (FNV-1a) of the text. */
export function createDice(seed: string): Dice {
  let [a, b, c, counter] = [hashOf(`${seed}:a`), hashOf(`${seed}:b`), hashOf(`${seed}:c`), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  return (sides) => next() % sides;
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}
