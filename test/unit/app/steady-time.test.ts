import { describe, expect, it } from 'vitest';
import { createSteadyTime } from '../../../src/app/steady-time.ts';
import { systemClock } from '../../../src/app/system.ts';

const minute = 60_000;

/** A machine that runs, sleeps, and has its clock set. */
function createMachine() {
  const times = { running: 500, wall: Date.UTC(2026, 0, 1), sinceBoot: 10 * minute };
  return {
    now: createSteadyTime({
      running: () => times.running,
      wall: () => times.wall,
      sinceBoot: () => times.sinceBoot,
    }),
    run(ms: number) {
      times.running += ms;
      times.wall += ms;
      times.sinceBoot += ms;
    },
    sleep(ms: number) {
      times.wall += ms;
      times.sinceBoot += ms;
    },
    setClock(ms: number) {
      times.wall += ms;
    },
  };
}

describe('the time of a key', () => {
  it('goes on with the machine', () => {
    const machine = createMachine();
    const start = machine.now();
    machine.run(123);
    expect(machine.now() - start).toBe(123);
  });

  it('goes on while the machine sleeps, as often as it does', () => {
    const machine = createMachine();
    const start = machine.now();
    machine.run(1000);
    machine.sleep(5 * minute);
    machine.run(1000);
    expect(machine.now() - start).toBe(5 * minute + 2000);
    machine.sleep(minute);
    expect(machine.now() - start).toBe(6 * minute + 2000);
    expect(machine.now() - start).toBe(6 * minute + 2000);
  });

  it.each([-60 * minute, 60 * minute])('does not follow a clock that is set by %i ms', (jump) => {
    const machine = createMachine();
    const start = machine.now();
    machine.setClock(jump);
    machine.run(10);
    expect(machine.now() - start).toBe(10);
    machine.sleep(minute);
    machine.setClock(-jump);
    expect(machine.now() - start).toBe(minute + 10);
  });

  it('sees a sleep that came with a clock that was set back', () => {
    const machine = createMachine();
    const start = machine.now();
    machine.sleep(5 * minute);
    machine.setClock(-60 * minute);
    expect(machine.now() - start).toBe(5 * minute);
  });

  it('never goes back', () => {
    const machine = createMachine();
    let last = machine.now();
    for (let step = 0; step < 200; step += 1) {
      if (step % 7 === 0) machine.sleep((step * 977) % 9000);
      if (step % 5 === 0) machine.setClock(((step * 7919) % 20_000) - 10_000);
      machine.run(step % 3);
      expect(machine.now()).toBeGreaterThanOrEqual(last);
      last = machine.now();
    }
  });

  it('is near that of this machine', () => {
    const before = performance.now();
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
    expect(first).toBeGreaterThanOrEqual(before);
  });
});
