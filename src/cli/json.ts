/** Controls beyond those that JSON.stringify escapes by itself, and characters that hide or turn text. */
const unsafe = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * JSON that is also harmless on a terminal: what could move the cursor or turn the reading direction is written as an
 * escape, which means the same to a program.
 */
export function toJson(value: unknown, indentation?: number): string {
  return JSON.stringify(value, undefined, indentation).replace(unsafe, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');
}
