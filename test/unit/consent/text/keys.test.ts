import { describe, expect, it } from 'vitest';
import { parseKeys } from '../../../../src/consent/text/keys.ts';

const character = (text: string) => ({ type: 'character', character: text });

describe('parseKeys', () => {
  it.each([
    ['\r', [{ type: 'enter' }]],
    ['\n', [{ type: 'enter' }]],
    ['\r\n', [{ type: 'enter' }]],
    ['\x03', [{ type: 'interrupt' }]],
    ['\x04', [{ type: 'end' }]],
    ['\x7f\b\x15', [{ type: 'backspace' }, { type: 'backspace' }, { type: 'clear' }]],
    ['né', [character('n'), character('é')]],
    ['🔑', [character('🔑')]],
  ])('reads %j', (text, expected) => {
    expect(parseKeys(text)).toEqual(expected);
  });

  it.each(['\x1b[A', '\x1b[15~', '\x1b[1;5C', '\x1bOP', '\x1b', '\x1bn', '\x00\x01', '\t'])(
    'finds no answer in %j',
    (text) => {
      expect(parseKeys(text)).toEqual([]);
    },
  );

  it('goes on after a sequence', () => {
    expect(parseKeys('\x1b[15~n')).toEqual([character('n')]);
  });
});
