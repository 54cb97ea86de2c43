import { displayWidth, padEnd, padStart, truncateEnd, truncateStart } from '../consent/text/width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be shortened when the terminal is narrow, at the end or at the start; other columns are never. */
  readonly shorten?: 'end' | 'start';
}

const gap = '  ';
/** A shortened column keeps at least this many characters. */
const minimum = 8;

/** Takes the columns that may shrink down, the widest first, until the table fits. */
function fitWidths(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, gap.length * (columns.length - 1)) - available;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, index) => {
      const width = widths[index] ?? 0;
      if (column.shorten && width > minimum && width > (widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
  return widths;
}

function cell(text: string, width: number, column: Column): string {
  const fitted = column.shorten === 'start' ? truncateStart(text, width) : truncateEnd(text, width);
  return column.align === 'right' ? padStart(fitted, width) : padEnd(fitted, width);
}

/**
 * Lines of a table with a row of titles, the titles passed through `style`. `available` is the width of the terminal;
 * Infinity leaves everything as long as it is. Cells must be printable.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  available: number,
  style: (text: string) => string = (text) => text,
): string[] {
  const natural = columns.map((column, index) =>
    rows.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[index] ?? '')),
      displayWidth(column.title),
    ),
  );
  const widths = fitWidths(columns, natural, available);
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => cell(cells[index] ?? '', widths[index] ?? 0, column))
      .join(gap)
      .trimEnd();
  return [style(line(columns.map(({ title }) => title))), ...rows.map(line)];
}
