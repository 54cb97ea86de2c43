import type { Json, JsonObject, TraceEntry } from './entry.ts';

/** The member that tells most about a request. */
function subjectOf(request: JsonObject): string | undefined {
  const candidates: readonly (Json | undefined)[] = [
    request['subCommand'],
    request['rpId'],
    memberOf(request['rp'], 'id'),
    request['control'],
  ];
  const told = candidates.filter((value) => typeof value === 'string' || typeof value === 'number');
  return told.length === 0 ? undefined : told.join(' ');
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as JsonObject)[name];
}

/** What one account of a registration or an answer says of it. */
function accountOf({ request, response }: TraceEntry): string | undefined {
  const user = request?.['user'] ?? response?.['user'];
  const name = memberOf(user, 'name') ?? memberOf(user, 'id');
  return typeof name === 'string' ? name : undefined;
}

/** What happened in a few words, without time and status. */
export function subjectText(entry: TraceEntry): string {
  return [entry.request && subjectOf(entry.request), accountOf(entry)]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** `getAssertion example.com → OK, 12.3 ms`. */
export function summaryOf(entry: TraceEntry): string {
  const subject = subjectText(entry);
  return `${entry.command}${subject === '' ? '' : ` ${subject}`} → ${entry.status}, ${entry.durationMs} ms`;
}
