/** Three ways to tell the time of one machine, in milliseconds. */
export interface TimeSources {
  /** Never goes back. On Linux it stands still while the machine sleeps. */
  running(): number;
  /** What people read: anyone may set it. */
  wall(): number;
  /** Since the machine was started, sleep included. Asking takes microseconds, not nanoseconds. */
  sinceBoot(): number;
}

/** Sleep shorter than this is not told from the drift and the rounding of clocks. */
const leastSleep = 2000;

/**
 * A time that never goes back, that nobody can set, and that goes on while the machine sleeps: what has a limit is over
 * after a suspend, as on a key whose port lost power. The clock on the wall only says when to look at the third one.
 */
export function createSteadyTime(sources: TimeSources): () => number {
  let slept = 0;
  let lead = sources.wall() - sources.running();
  let sinceBoot = sources.sinceBoot() - sources.running();
  return () => {
    const running = sources.running();
    const leadNow = sources.wall() - running;
    if (Math.abs(leadNow - lead) >= leastSleep) {
      lead = leadNow;
      const bootLead = sources.sinceBoot() - running;
      if (bootLead - sinceBoot >= leastSleep) slept += bootLead - sinceBoot;
      sinceBoot = bootLead;
    }
    return running + slept;
  };
}
