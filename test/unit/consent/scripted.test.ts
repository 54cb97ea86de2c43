import { describe, expect, it } from 'vitest';
import { ScriptedConsent } from '../../../src/consent/scripted.ts';
import { question } from './support.ts';

const { signal } = new AbortController();

describe('ScriptedConsent', () => {
  it('follows its script, then does the usual', async () => {
    const user = new ScriptedConsent('deny').next('approve', 'fail', { outcome: 'timeout' });
    const outcomes = [];
    for (let i = 0; i < 5; i++) outcomes.push((await user.ask(question(), signal)).outcome);
    expect(outcomes).toEqual(['approved', 'failed', 'timeout', 'declined', 'declined']);
    expect(user.otherwise('approve').left).toBe(0);
    expect(await user.ask(question(), signal)).toEqual({ outcome: 'approved' });
  });

  it('remembers what was asked', async () => {
    const user = new ScriptedConsent();
    const asked = question({ purpose: 'register' });
    await user.ask(asked, signal);
    user.wink('default');
    expect(user.questions).toEqual([asked]);
    expect(user.winks).toEqual(['default']);
  });

  it('can decide by the question', async () => {
    const user = new ScriptedConsent(({ purpose }) =>
      purpose === 'reset' ? 'deny' : { outcome: 'approved', account: 1 },
    );
    expect(await user.ask(question({ purpose: 'reset' }), signal)).toEqual({ outcome: 'declined' });
    expect(await user.ask(question(), signal)).toEqual({ outcome: 'approved', account: 1 });
  });

  it('ignores a question until it is cancelled', async () => {
    const abort = new AbortController();
    const answer = new ScriptedConsent('ignore').ask(question(), abort.signal);
    expect(await Promise.race([answer, Promise.resolve('open')])).toBe('open');
    abort.abort();
    expect(await answer).toEqual({ outcome: 'cancelled' });
  });

  it('says cancelled when the question was over before the answer', async () => {
    const abort = new AbortController();
    const user = new ScriptedConsent(() => {
      abort.abort();
      return 'approve';
    });
    expect(await user.ask(question(), abort.signal)).toEqual({ outcome: 'cancelled' });
    expect(await user.otherwise('approve').ask(question(), abort.signal)).toEqual({ outcome: 'cancelled' });
  });
});
