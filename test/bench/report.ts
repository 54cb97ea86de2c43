/** A measured number and what it is measured against. */
export interface Row {
  readonly what: string;
  /** The two sides of the ratio, in words, e.g. `51 µs against 30 µs`. */
  readonly sides: string;
  readonly value: number;
  /** `×` for a ratio, else a unit. */
  readonly unit: string;
  readonly target?: Target;
  /** What a reader has to know. */
  readonly note?: string;
}

export interface Target {
  readonly at: 'least' | 'most';
  readonly value: number;
}

export interface Report {
  readonly bench: string;
  readonly rows: readonly Row[];
}

export const atLeast = (value: number): Target => ({ at: 'least', value });
export const atMost = (value: number): Target => ({ at: 'most', value });

export function isMet({ target, value }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return target.at === 'least' ? value >= target.value : value <= target.value;
}

/** Microseconds as people read them. */
export function microseconds(value: number): string {
  if (value >= 100_000) return `${(value / 1e6).toFixed(2)} s`;
  return value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(0)} µs`;
}

export function sides(ours: number, theirs: number): string {
  return `${microseconds(ours)} against ${microseconds(theirs)}`;
}

function verdict(row: Row): string {
  const met = isMet(row);
  if (met === undefined || row.target === undefined) return '';
  return `${row.target.at === 'least' ? '≥' : '≤'} ${String(row.target.value)} ${met ? 'met' : 'MISSED'}`;
}

/** A table for people, one line for each number. */
export function formatTable(reports: readonly Report[]): string {
  const cells = reports.flatMap(({ bench, rows }) =>
    rows.map((row) => [
      bench,
      row.what,
      `${row.value.toFixed(2)} ${row.unit}`,
      verdict(row),
      row.sides,
      row.note ?? '',
    ]),
  );
  const lines = [['BENCH', 'WHAT', 'VALUE', 'TARGET', 'MEASURED', ''], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function toJson(reports: readonly Report[]): unknown {
  return reports.map(({ bench, rows }) => ({
    bench,
    rows: rows.map((row) => ({ ...row, ...(row.target && { met: isMet(row) }) })),
  }));
}
