import { describe, expect, it } from 'vitest';
import { QueuedConsent } from '../../../src/consent/queue.ts';
import { createAutomaticConsent } from '../../../src/consent/automatic.ts';
import { ScriptedConsent } from '../../../src/consent/scripted.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { question } from './support.ts';

const { signal } = new AbortController();

describe('QueuedConsent', () => {
  it('shows one question at a time, in order', async () => {
    const clock = createFakeClock();
    const user = new ScriptedConsent((asked, at) => createAutomaticConsent(clock, 100).ask(asked, at));
    const queue = new QueuedConsent(user, clock);
    const answers = ['a', 'b', 'c'].map((key) => queue.ask(question({ key }), signal));
    await settle();
    expect([user.questions.map(({ key }) => key), queue.waiting]).toEqual([['a'], 2]);
    await clock.advanceAsync(100);
    expect(user.questions.map(({ key }) => key)).toEqual(['a', 'b']);
    await clock.advanceAsync(200);
    expect((await Promise.all(answers)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('approved'));
    expect([queue.waiting, clock.pending]).toEqual([0, 0]);
  });

  it('lets time run while a question waits', async () => {
    const clock = createFakeClock();
    const user = new ScriptedConsent((asked, at) => createAutomaticConsent(clock, 100).ask(asked, at));
    const queue = new QueuedConsent(user, clock);
    const answers = [queue.ask(question(), signal), queue.ask(question({ timeoutMs: 250 }), signal)];
    await clock.advanceAsync(300);
    await Promise.all(answers);
    expect(user.questions[1]?.timeoutMs).toBe(150);
  });

  it('drops a waiting question that is cancelled or out of time', async () => {
    const clock = createFakeClock();
    const user = new ScriptedConsent().next('ignore');
    const queue = new QueuedConsent(user, clock);
    const [first, cancelled] = [new AbortController(), new AbortController()];
    const open = queue.ask(question(), first.signal);
    const gone = queue.ask(question(), cancelled.signal);
    const late = queue.ask(question({ timeoutMs: 50 }), signal);
    const last = queue.ask(question({ key: 'last' }), signal);
    cancelled.abort();
    expect(await gone).toEqual({ outcome: 'cancelled' });
    await clock.advanceAsync(50);
    expect(await late).toEqual({ outcome: 'timeout' });
    first.abort();
    expect([await open, await last]).toEqual([{ outcome: 'cancelled' }, { outcome: 'approved' }]);
    expect(user.questions.map(({ key }) => key)).toEqual(['default', 'last']);
    expect(clock.pending).toBe(0);
  });

  it('goes on after a question that failed, and never shows an aborted one', async () => {
    const user = new ScriptedConsent().next(() => Promise.reject(new TypeError('broken')));
    const queue = new QueuedConsent(user, createFakeClock());
    await expect(queue.ask(question(), signal)).rejects.toThrow('broken');
    expect(await queue.ask(question(), signal)).toEqual({ outcome: 'approved' });
    expect(await queue.ask(question(), AbortSignal.abort())).toEqual({ outcome: 'cancelled' });
    expect(user.questions).toHaveLength(2);
  });

  it('passes winks on', () => {
    const user = new ScriptedConsent();
    new QueuedConsent(user, createFakeClock()).wink('default');
    expect(user.winks).toEqual(['default']);
  });
});
