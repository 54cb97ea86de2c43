import type { Bench } from './bench.ts';
import { checkPin } from './bench.ts';
import type { KeyState } from './check.ts';
import { CheckSkip } from './check.ts';

/** Resets the key, for which it has to be plugged in afresh (CTAP 2.3 §6.6). */
export async function factoryReset(bench: Bench): Promise<void> {
  await bench.replug();
  await (await bench.client()).reset();
  bench.usePin(undefined);
  bench.forget();
  await bench.begin();
}

/** Brings the key into the state that a check wants, once its owner allowed it. */
export async function prepare(bench: Bench, state: KeyState): Promise<void> {
  if (state === 'any') return;
  if (bench.facts.info === undefined) throw new CheckSkip('the key does not speak CTAP2');
  if (state === 'fresh') {
    await factoryReset(bench);
    return;
  }
  const hasPin = bench.facts.info.options?.get('clientPin');
  if (hasPin === undefined) throw new CheckSkip('the key knows no PIN');
  if (hasPin && bench.facts.pin !== undefined) return;
  if (hasPin) await factoryReset(bench);
  await (await bench.client()).clientPin.setPin(checkPin, bench.protocol);
  bench.usePin(checkPin);
  bench.forget();
  await bench.begin();
}
