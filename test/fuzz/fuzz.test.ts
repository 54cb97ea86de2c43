import { describe, expect, it } from 'vitest';

import { runCampaign } from './campaign.ts';
import type { FuzzSession, FuzzTarget } from './target.ts';
import { Finding } from './target.ts';
import { fuzzTargets } from './targets.ts';

// Always the same inputs: `npm run fuzz` looks for new ones.
describe('inputs from the seeds', () => {
  it.each(fuzzTargets)('do $name no harm', { timeout: 120_000 }, async (target) => {
    const goesOn = (input: number): boolean => input < target.inputs;
    const { inputs } = await runCampaign({ target, seed: 'ci', goesOn });
    expect(inputs).toBe(target.inputs);
  });
});

describe('a campaign', () => {
  const bytes = Uint8Array.of(0xab);
  const broken = (session: Partial<FuzzSession>): FuzzTarget => ({
    name: 'broken',
    inputs: 1,
    open: () => ({ make: () => bytes, feed: () => undefined, probe: () => undefined, ...session }),
  });

  it.each([
    [
      'an input that throws',
      { feed: () => Promise.reject(new TypeError('not a function')) },
      'not a function',
    ],
    [
      'a good request that fails after it',
      { probe: () => Promise.reject(new Finding('no answer')) },
      'no answer',
    ],
  ])('tells of %s how to come back to it', async (_name, session, text) => {
    let calls = 0;
    const target = broken(session);
    const run = runCampaign({ target, seed: 'x', goesOn: () => ++calls < 5 });
    await expect(run).rejects.toThrow(
      `${text}\nInput 0 of target broken, seed x: ab\nAgain: npm run fuzz -- --target broken --seed x --inputs 1`,
    );
  });

  it('makes the same inputs from the same seed', async () => {
    const made = async (seed: string): Promise<string> => {
      const seen: string[] = [];
      for (const target of fuzzTargets.filter(({ name }) => name !== 'keystore')) {
        const recording: FuzzTarget = {
          ...target,
          async open(given) {
            const session = await target.open(given);
            const make: typeof session.make = (dice) => {
              const input = session.make(dice);
              seen.push(JSON.stringify(input));
              return input;
            };
            const feed = (input: Parameters<typeof session.feed>[0]) => session.feed(input);
            return { make, feed, probe: () => session.probe(), close: () => session.close?.() };
          },
        };
        await runCampaign({ target: recording, seed, goesOn: (input) => input < 20 });
      }
      return seen.join('\n');
    };
    const first = await made('a');
    expect(await made('a')).toBe(first);
    expect(await made('b')).not.toBe(first);
  });
});
