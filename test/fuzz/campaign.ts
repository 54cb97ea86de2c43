import { createDice } from '../support/dice.ts';
import type { FuzzInput, FuzzTarget } from './target.ts';
import { Finding, show } from './target.ts';

/** Milliseconds that no input may take, on the slowest of machines. */
const slowest = 5000;

export interface Campaign {
  readonly target: FuzzTarget;
  readonly seed: string;
  /** Told before each input; false ends the run. */
  goesOn(input: number): boolean;
}

export interface Outcome {
  readonly inputs: number;
  /** Pieces that were fed: more than inputs where one input has several. */
  readonly packets: number;
}

/** Feeds inputs, each followed by a good request. Throws a Finding that says how to come back to it. */
export async function runCampaign(campaign: Campaign): Promise<Outcome> {
  const { target, seed } = campaign;
  const session = await target.open(seed);
  let [inputs, packets] = [0, 0];
  try {
    while (campaign.goesOn(inputs)) {
      const input = session.make(createDice(`${target.name} ${seed} ${String(inputs)}`));
      const start = performance.now();
      try {
        await session.feed(input);
        await session.probe();
      } catch (error) {
        throw described(target.name, seed, inputs, input, error);
      }
      const took = performance.now() - start;
      if (took > slowest) throw described(target.name, seed, inputs, input, `it took ${took.toFixed(0)} ms`);
      inputs += 1;
      packets += Array.isArray(input) ? input.length : 1;
    }
  } finally {
    await session.close?.();
  }
  return { inputs, packets };
}

function described(name: string, seed: string, number: number, input: FuzzInput, cause: unknown): Finding {
  const text = show(input);
  return new Finding(
    `${cause instanceof Error ? cause.message : String(cause)}\n` +
      `Input ${String(number)} of target ${name}, seed ${seed}: ${text.slice(0, 4000)}\n` +
      `Again: npm run fuzz -- --target ${name} --seed ${seed} --inputs ${String(number + 1)}`,
    { cause },
  );
}
