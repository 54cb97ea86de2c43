import { summaryOf } from '../trace/summary.ts';
import type { SecurityKey } from './security-key.ts';

/** What passed between a key and its hosts, in a form that a report takes. */
export interface TraceFile {
  readonly name: string;
  readonly contentType: string;
  readonly body: string | Buffer;
}

/** One line for each exchange, and in front the faults that were in force at the end. Secrets are taken out. */
export function traceText({ key }: SecurityKey): string {
  const faults = key.faults.list().map(({ applied, fault }) => `fault ${fault}, applied ${applied} times`);
  const entries = key.trace.entries();
  const start = entries[0]?.time ?? 0;
  const lines = entries.map(
    (entry) => `${(entry.time - start).toFixed(0).padStart(7)} ms  ${summaryOf(entry)}`,
  );
  return [...faults, ...lines].join('\n');
}

/** The trace as text, as JSON Lines and for Wireshark; nothing for a key that nobody spoke to. */
export function traceFiles(securityKey: SecurityKey): readonly TraceFile[] {
  const { trace } = securityKey.key;
  if (trace.entries().length === 0) return [];
  return [
    { name: 'fauxkey-trace.txt', contentType: 'text/plain', body: traceText(securityKey) },
    { name: 'fauxkey-trace.jsonl', contentType: 'application/jsonl', body: trace.toJsonLines() },
    {
      name: 'fauxkey-trace.pcapng',
      contentType: 'application/octet-stream',
      body: Buffer.from(trace.toPcapng()),
    },
  ];
}
