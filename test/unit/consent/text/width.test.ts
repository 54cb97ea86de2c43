import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  displayWidth,
  padEnd,
  padStart,
  truncateEnd,
  truncateStart,
} from '../../../../src/consent/text/width.ts';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['alice', 5],
    ['é', 1],
    ['e\u0301', 1],
    ['田中', 4],
    ['ﾃｽﾄ', 3],
    ['ｆｕｌｌ', 8],
    ['한국', 4],
    ['🔑', 2],
    ['👩‍💻', 2],
    ['❤️', 2],
    ['🇮🇹', 2],
    ['…', 1],
  ])('of %s is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('truncation', () => {
  it('leaves what fits', () => {
    expect(truncateEnd('alice', 5)).toBe('alice');
    expect(truncateStart('alice', 5)).toBe('alice');
  });

  it('keeps the beginning of a name and the end of a domain', () => {
    expect(truncateEnd('alice in wonderland', 8)).toBe('alice i…');
    expect(truncateStart('login.accounts.example.com', 12)).toBe('…example.com');
  });

  it('does not cut a wide character in half', () => {
    expect(truncateEnd('田中太郎', 4)).toBe('田…');
    expect(truncateStart('田中太郎', 4)).toBe('…郎');
  });

  it('never takes more columns than it may', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.integer({ min: 1, max: 20 }),
        (text, width) => {
          expect(displayWidth(truncateEnd(text, width))).toBeLessThanOrEqual(width);
          expect(displayWidth(truncateStart(text, width))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('padding', () => {
  it('counts columns, not characters', () => {
    expect(padEnd('田中', 6)).toBe('田中  ');
    expect(padStart('田中', 6)).toBe('  田中');
    expect(padEnd('longer', 3)).toBe('longer');
  });
});
