import { describe, expect, it } from 'vitest';
import {
  createAutomaticConsent,
  createDenyingConsent,
  createSilentConsent,
} from '../../../src/consent/automatic.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { question } from './support.ts';

const users = [
  ['automatic', createAutomaticConsent, { outcome: 'approved' }],
  ['denying', createDenyingConsent, { outcome: 'declined' }],
] as const;

describe.each(users)('the %s user', (_, create, expected) => {
  it('answers at once', async () => {
    const clock = createFakeClock();
    expect(await create(clock).ask(question(), new AbortController().signal)).toEqual(expected);
    expect(clock.pending).toBe(0);
  });

  it('answers after the delay, not before', async () => {
    const clock = createFakeClock();
    let answered = false;
    const answer = create(clock, 500).ask(question(), new AbortController().signal);
    void answer.then(() => (answered = true));
    await clock.advanceAsync(499);
    expect(answered).toBe(false);
    await clock.advanceAsync(1);
    expect(await answer).toEqual(expected);
  });

  it('is too late when the delay is as long as the question', async () => {
    const clock = createFakeClock();
    const answer = create(clock, 1000).ask(question({ timeoutMs: 1000 }), new AbortController().signal);
    await clock.advanceAsync(1000);
    expect(await answer).toEqual({ outcome: 'timeout' });
  });

  it('stops thinking when it is cancelled', async () => {
    const clock = createFakeClock();
    const abort = new AbortController();
    const answer = create(clock, 500).ask(question(), abort.signal);
    abort.abort();
    expect(await answer).toEqual({ outcome: 'cancelled' });
    expect(clock.pending).toBe(0);
    expect(await create(clock).ask(question(), abort.signal)).toEqual({ outcome: 'cancelled' });
    expect(await create(clock, 5).ask(question(), abort.signal)).toEqual({ outcome: 'cancelled' });
  });
});

describe('approval', () => {
  it('takes the first account and gives a good fingerprint', async () => {
    const user = createAutomaticConsent(createFakeClock());
    const { signal } = new AbortController();
    expect(await user.ask(question({ kind: 'choice' }), signal)).toEqual({ outcome: 'approved', account: 0 });
    expect(await user.ask(question({ purpose: 'enroll-fingerprint' }), signal)).toEqual({
      outcome: 'approved',
      sample: 'good',
    });
  });
});

describe('the silent user', () => {
  it('never answers', async () => {
    const clock = createFakeClock();
    const answer = createSilentConsent(clock).ask(question(), new AbortController().signal);
    await clock.advanceAsync(30_000);
    expect(await answer).toEqual({ outcome: 'timeout' });
    expect(clock.pending).toBe(0);
  });

  it('can be cancelled', async () => {
    const clock = createFakeClock();
    const abort = new AbortController();
    const answer = createSilentConsent(clock).ask(question(), abort.signal);
    abort.abort();
    expect(await answer).toEqual({ outcome: 'cancelled' });
    expect(clock.pending).toBe(0);
  });
});
