import { toHex } from '../../ctap/bytes.ts';
import type { Outcome, RunReport } from '../runner.ts';

/** A run as JSON; docs/check.md describes it for programs. */
export interface CheckDocument {
  readonly tool: string;
  /** Where the key is, as it was named. */
  readonly target: string;
  readonly time: string;
  readonly key: {
    /** Major, minor, build. */
    readonly deviceVersion: string;
    readonly aaguid?: string;
    readonly versions: readonly string[];
    readonly extensions: readonly string[];
    readonly options: Readonly<Record<string, boolean>>;
  };
  /** What the owner has to know of the key now. */
  readonly note?: string;
  readonly summary: Readonly<Record<Outcome, number>> & { readonly durationMs: number };
  readonly results: readonly {
    readonly id: string;
    readonly group: string;
    readonly section: string;
    readonly title: string;
    readonly outcome: Outcome;
    readonly reason?: string;
    readonly durationMs: number;
  }[];
}

export interface ReportFacts {
  readonly tool: string;
  readonly target: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

export function reportDocument(report: RunReport, { tool, target, time }: ReportFacts): CheckDocument {
  const { facts, results } = report;
  const { info, init } = facts;
  const count = (outcome: Outcome): number => results.filter((each) => each.outcome === outcome).length;
  return {
    tool,
    target,
    time: new Date(time).toISOString(),
    key: {
      deviceVersion: init.version.join('.'),
      ...(info && { aaguid: toHex(info.aaguid) }),
      versions: info?.versions ?? ['U2F_V2'],
      extensions: info?.extensions ?? [],
      options: Object.fromEntries(info?.options ?? []),
    },
    ...(report.note !== undefined && { note: report.note }),
    summary: {
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      durationMs: Math.round(report.durationMs),
    },
    results: results.map(({ check, group, outcome, reason, durationMs }) => ({
      id: check.id,
      group: group.title,
      section: check.section,
      title: check.title,
      outcome,
      ...(reason !== undefined && { reason }),
      durationMs: Math.round(durationMs),
    })),
  };
}
