interface Place {
  readonly start: { readonly line: number; readonly column: number };
}

/** The counts of a file in the form of Istanbul: statements, functions and branches. */
export interface FileCounts {
  readonly statementMap: Readonly<Record<string, Place>>;
  readonly s: Record<string, number>;
  readonly fnMap: Readonly<Record<string, { readonly loc: Place }>>;
  readonly f: Record<string, number>;
  readonly branchMap: Readonly<Record<string, BranchPlace>>;
  readonly b: Record<string, number[]>;
}

interface BranchPlace {
  readonly type: string;
  readonly loc: Place;
  readonly locations: readonly Place[];
}

/**
 * Adds counts of the same source to `own`. Two compilers put the ends of things at slightly different places, so a
 * statement is known by its start; what only `other` has is left out, so that nothing is counted twice.
 */
export function raise(own: FileCounts, other: FileCounts): void {
  const statements = byKey(other.statementMap, keyOf);
  for (const [id, place] of Object.entries(own.statementMap))
    own.s[id] = (own.s[id] ?? 0) + (other.s[statements.get(keyOf(place)) ?? ''] ?? 0);
  const functions = byKey(other.fnMap, ({ loc }) => keyOf(loc));
  for (const [id, { loc }] of Object.entries(own.fnMap))
    own.f[id] = (own.f[id] ?? 0) + (other.f[functions.get(keyOf(loc)) ?? ''] ?? 0);
  const branches = byKey(other.branchMap, keyOfBranch);
  for (const [id, branch] of Object.entries(own.branchMap)) {
    const counts = other.b[branches.get(keyOfBranch(branch)) ?? ''] ?? [];
    own.b[id] = (own.b[id] ?? []).map((count, arm) => count + (counts[arm] ?? 0));
  }
}

function keyOf({ start }: Place): string {
  return `${String(start.line)}:${String(start.column)}`;
}

function keyOfBranch({ type, loc, locations }: BranchPlace): string {
  return `${type} ${keyOf(loc)} ${String(locations.length)}`;
}

function byKey<T>(map: Readonly<Record<string, T>>, keyFor: (place: T) => string): Map<string, string> {
  return new Map(Object.entries(map).map(([id, place]) => [keyFor(place), id]));
}
