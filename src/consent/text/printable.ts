/*
 * Names come over the wire from whoever runs a site. On a terminal they could move the cursor, hide text, or turn the
 * reading direction so that one site looks like another. What is left after this is one line of visible text.
 */

/** Controls, lone surrogates, separators of lines, and format characters: bidi, zero width, tags, soft hyphen. */
const unsafe = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Letters that are drawn as nothing: Hangul and Khmer fillers, the braille blank. */
const blank = /[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;
/** More marks on one letter than any language writes: they climb over the lines above. */
const markPile = /(\p{M}{4})\p{M}+/gu;

const harmless = /^[ -~]*$/;

/** Text of unknown origin as one harmless line: every dangerous character becomes U+FFFD, every space a plain one. */
export function printable(text: string): string {
  if (harmless.test(text)) return text;
  return text
    .replace(unsafe, '\ufffd')
    .replace(blank, '\ufffd')
    .replace(/\p{Zs}/gu, ' ')
    .replace(markPile, '$1');
}
