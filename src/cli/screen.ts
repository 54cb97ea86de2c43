import type { KeyScreen } from '../consent/terminal.ts';
import { displayWidth, truncateEnd } from '../consent/text/width.ts';
import type { Cli, Output } from './io.ts';
import { wantsColour } from './output.ts';

const eraseLine = '\r\x1b[2K';
const colourCodes = /\x1b\[\d*m/g;

/** A status line that wraps could not be erased again; one that is too long loses its colours and its end. */
function fitStatus(text: string, columns: number): string {
  const plain = text.replace(colourCodes, '');
  return displayWidth(plain) < columns ? text : truncateEnd(plain, columns - 1);
}

/** Lines that scroll above one status line that stays. Without a terminal there are only lines. */
export function createScreen(output: Output, env: Cli['io']['env']): KeyScreen {
  const live = output.isTTY === true && env['TERM'] !== 'dumb';
  let status = '';
  const columns = () => output.columns ?? 80;
  return {
    live,
    colour: wantsColour(output, env),
    get columns() {
      return columns();
    },
    line: (text) => void output.write(status === '' ? `${text}\n` : `${eraseLine}${text}\n${status}`),
    status(text) {
      if (!live) return;
      const next = text === undefined ? '' : fitStatus(text, columns());
      if (next !== status) output.write(`${eraseLine}${next}`);
      status = next;
    },
  };
}
