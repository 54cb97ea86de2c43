/** A key press, as far as questions care. Arrow keys and other sequences are left out. */
export type KeyPress =
  | { readonly type: 'character'; readonly character: string }
  | { readonly type: 'enter' | 'backspace' | 'clear' | 'interrupt' | 'end' };

const controls: Readonly<Record<string, KeyPress>> = {
  '\r': { type: 'enter' },
  '\n': { type: 'enter' },
  '\b': { type: 'backspace' },
  '\x7f': { type: 'backspace' },
  '\x15': { type: 'clear' },
  '\x03': { type: 'interrupt' },
  '\x04': { type: 'end' },
};

/** CSI, SS3 and Alt sequences: the digits in a function key must not answer a question. */
const sequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^[O])?/gsu;

/** The presses in a chunk of raw terminal input. CR LF is one Enter. */
export function parseKeys(text: string): KeyPress[] {
  const presses: KeyPress[] = [];
  for (const character of text.replace(sequences, '').replaceAll('\r\n', '\n')) {
    const control = controls[character];
    if (control) presses.push(control);
    else if (!/\p{Cc}/u.test(character)) presses.push({ type: 'character', character });
  }
  return presses;
}
