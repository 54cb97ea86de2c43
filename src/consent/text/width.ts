/*
 * How many columns text takes in a terminal. Terminals disagree about rare emoji; being off by one there costs a ragged
 * edge, nothing more.
 */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const wide =
  /^(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Bopomofo}\p{Script=Yi}\u1100-\u115f\u3000-\u303e\u3099-\u30ff\u3130-\u33ff\ua960-\ua97c\uac00-\ud7a3\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{RI}{2})/u;
const zeroWidth = /^[\p{M}\p{Cf}\p{Cc}]/u;

/** Characters of one column that never join with each other, which is what most text is made of. */
const plain = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027]*$/;

function graphemeWidth(grapheme: string): number {
  if (wide.test(grapheme) || grapheme.includes('\ufe0f')) return 2;
  return zeroWidth.test(grapheme) ? 0 : 1;
}

function split(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Columns that the text takes; it must hold no escape sequences. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  return split(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

/** The longest run of graphemes from the front of the list that fits. */
function fit(parts: readonly string[], width: number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += graphemeWidth(part);
    if (used > width) break;
    kept.push(part);
  }
  return kept;
}

/** The text in at most `width` columns (at least 1); what is cut off at the end is marked with `…`. */
export function truncateEnd(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return fit(split(text), width - 1).join('') + '…';
}

/** As `truncateEnd`, but cuts at the front: of a domain name, the end says whose it is. */
export function truncateStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return (
    '…' +
    fit(split(text).reverse(), width - 1)
      .reverse()
      .join('')
  );
}

/** Fills up with spaces to `width` columns; longer text stays as it is. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}
