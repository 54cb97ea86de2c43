import { Hono } from 'hono';
import type { KeyHost, ControlledKey } from '../handle.ts';
import { HttpProblem } from '../problem.ts';
import { guardRig } from './guard-rig.ts';

/** What the conformance tool says at the end of a run; kept as it came. */
export type ConformanceResults = Readonly<Record<string, unknown>>;

export interface ConformanceRigOptions {
  readonly host: KeyHost;
  /** Told of the results of each run. */
  readonly onResults?: (results: ConformanceResults) => void;
  /** Milliseconds that a request for a touch waits for the key's question. */
  readonly patienceMs?: number;
}

const defaultPatience = 20_000;
const maxResults = 8 << 20;

/**
 * The automation that FIDO's conformance tool calls on port 3000: POST `/conformance/userpresence`, `/powercycle` and
 * `/results`. Each is answered when it is done. GET `/conformance/results` gives what the last run reported.
 */
export function createConformanceRig({
  host,
  onResults,
  patienceMs = defaultPatience,
}: ConformanceRigOptions): Hono {
  const rig = guardRig(new Hono());
  let last: ConformanceResults | undefined;

  rig.post('/conformance/userpresence', async (context) => {
    await touchWhoAsks(takeOver(host), patienceMs);
    return context.body(null, 201);
  });
  rig.post('/conformance/powercycle', async (context) => {
    await Promise.all(takeOver(host).map((key) => (key.plugged ? key.powerCycle() : key.plug())));
    return context.body(null, 201);
  });
  rig.post('/conformance/results', async (context) => {
    last = parseResults(await context.req.text());
    onResults?.(last);
    return context.body(null, 201);
  });
  rig.get('/conformance/results', (context) => {
    if (!last) throw new HttpProblem(404, 'not-found', 'No run has reported results yet.');
    return context.json(last);
  });
  return rig;
}

/** From the first request on nobody touches the keys but the rig. */
function takeOver(host: KeyHost): readonly ControlledKey[] {
  const keys = host.list();
  for (const { user } of keys) if (user.habit.action !== 'ask') user.setHabit({ action: 'ask' });
  return keys;
}

/** Allows the first question of any key. Throws HttpProblem 504 when none came in time. */
async function touchWhoAsks(keys: readonly ControlledKey[], patienceMs: number): Promise<void> {
  if (keys.length === 0) throw new HttpProblem(404, 'no-such-key', 'There is no key that could be touched.');
  const enough = new AbortController();
  const asked = await Promise.race(
    keys.map(async (key) => ({ key, question: await key.user.waitFor({}, patienceMs, enough.signal) })),
  );
  enough.abort();
  if (!asked.question) throw new HttpProblem(504, 'nobody-asked', 'No key asked for a touch in time.');
  asked.key.user.answer(asked.question.id, { answer: 'allow' });
}

function parseResults(text: string): ConformanceResults {
  if (text.length > maxResults)
    throw new HttpProblem(413, 'too-large', `Results have at most ${maxResults} bytes.`);
  try {
    const results: unknown = JSON.parse(text);
    if (typeof results === 'object' && results !== null) return { ...results };
  } catch {
    // Told below, with everything else that is no object.
  }
  throw new HttpProblem(400, 'invalid', 'Results are a JSON object.');
}
