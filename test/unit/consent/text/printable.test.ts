import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../../src/consent/text/printable.ts';

describe('printable', () => {
  it.each([
    ['an escape sequence', '\x1b[2Jexample.com', '\ufffd[2Jexample.com'],
    ['a C1 control', 'a\x9bb', 'a\ufffdb'],
    ['line breaks', 'a\r\nb\u2028c', 'a\ufffd\ufffdb\ufffdc'],
    ['a right-to-left override', 'moc.\u202eexample', 'moc.\ufffdexample'],
    ['an isolate', '\u2067x\u2069', '\ufffdx\ufffd'],
    ['a zero-width space', 'exam\u200bple', 'exam\ufffdple'],
    ['tag characters', 'a\u{e0041}b', 'a\ufffdb'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['a Hangul filler', 'a\u3164b', 'a\ufffdb'],
    ['a no-break space', 'a\u00a0b', 'a b'],
  ])('takes the power out of %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it.each(['alice@example.com', 'Élodie Ünal', '田中太郎', 'สมชาย', '👩‍💻', 'می‌خواهم'])(
    'leaves %s alone',
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it('cuts piles of combining marks', () => {
    expect(printable('a' + '\u0301'.repeat(200) + 'b')).toBe('a' + '\u0301'.repeat(4) + 'b');
  });

  it('never lets a control or format character through, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const made = printable(text);
        expect(made).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
        expect(printable(made)).toBe(made);
      }),
    );
  });
});
