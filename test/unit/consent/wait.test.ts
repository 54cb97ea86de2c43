import { expect, it } from 'vitest';
import { wait } from '../../../src/consent/wait.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

it('does not wait at all for a signal that is aborted already', async () => {
  const clock = createFakeClock();
  expect(await wait(clock, 10, AbortSignal.abort())).toBe('aborted');
  expect(clock.pending).toBe(0);
});
