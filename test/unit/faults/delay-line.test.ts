import { expect, it } from 'vitest';
import { DelayLine } from '../../../src/faults/around/delay-line.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function openLine() {
  const clock = createFakeClock();
  const line = new DelayLine(clock);
  const done: string[] = [];
  return { clock, line, done, note: (name: string) => () => void done.push(name) };
}

it('does at once what nothing is in the way of', () => {
  const { clock, done, line, note } = openLine();
  line.push(note('a'));
  line.push(note('b'));
  expect(done).toEqual(['a', 'b']);
  expect(clock.pending).toBe(0);
});

it('keeps the order behind what is late', () => {
  const { clock, done, line, note } = openLine();
  line.push(note('a'), 100);
  line.push(note('b'));
  line.push(note('c'), 50);
  line.push(note('d'));
  clock.advance(99);
  expect(done).toEqual([]);
  clock.advance(1);
  expect(done).toEqual(['a', 'b']);
  clock.advance(50);
  expect(done).toEqual(['a', 'b', 'c', 'd']);
});

it('lets a step push another, which waits for its turn', () => {
  const { done, line, note } = openLine();
  line.push(() => {
    line.push(note('second'));
    done.push('first');
  });
  expect(done).toEqual(['first', 'second']);
});

it('forgets what waits when it is cleared, and works on', () => {
  const { clock, done, line, note } = openLine();
  line.push(note('a'), 100);
  line.push(note('b'));
  line.clear();
  expect(clock.pending).toBe(0);
  clock.advance(1000);
  line.push(note('c'));
  expect(done).toEqual(['c']);
});
