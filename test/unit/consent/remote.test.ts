import { describe, expect, it } from 'vitest';
import { RemoteConsent, type RemoteConsentOptions } from '../../../src/consent/remote.ts';
import type { RemoteConsentEvent } from '../../../src/consent/remote-types.ts';
import { ScriptedConsent } from '../../../src/consent/scripted.ts';
import type { ConsentAnswer, ConsentQuestion } from '../../../src/ports/consent.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';

const question: ConsentQuestion = {
  kind: 'presence',
  purpose: 'register',
  key: 'k',
  site: 'example.com',
  accounts: [],
  timeoutMs: 30_000,
};

function createUser(options: Partial<RemoteConsentOptions> = {}) {
  const clock = createFakeClock();
  const events: RemoteConsentEvent[] = [];
  const user = new RemoteConsent({
    clock,
    habit: { action: 'ask' },
    comparePin: () => undefined,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const never = new AbortController().signal;
  const told = () =>
    events.flatMap((event) => (event.type === 'answer' ? [[event.answer.outcome, event.by]] : []));
  return { user, clock, events, told, ask: (signal = never) => user.ask(question, signal) };
}

/** Somebody at a terminal whose answer the test gives, and who remembers being sent away. */
function createTerminal() {
  let answer: (answer: ConsentAnswer) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let sentAway = 0;
  return {
    ask: (_question: ConsentQuestion, signal: AbortSignal) =>
      new Promise<ConsentAnswer>((resolve, reject) => {
        [answer, fail] = [resolve, reject];
        signal.addEventListener('abort', () => sentAway++);
      }),
    answer: (given: ConsentAnswer) => answer(given),
    fail: (error: Error) => fail(error),
    get sentAway() {
      return sentAway;
    },
  };
}

describe('a user who is driven from outside, with a terminal beside', () => {
  it('takes the answer of the terminal if that comes first', async () => {
    const terminal = createTerminal();
    const { ask, told, user, clock } = createUser({ alsoAsk: terminal });
    const asked = ask();
    expect(user.questions()).toHaveLength(1);
    terminal.answer({ outcome: 'declined' });
    expect(await asked).toEqual({ outcome: 'declined' });
    expect(told()).toEqual([['declined', 'terminal']]);
    expect(() => user.answer('1', { answer: 'touch' })).toThrow(/not waiting/);
    expect(clock.pending).toBe(0);
  });

  it('sends the terminal away when the answer comes from elsewhere', async () => {
    const terminal = createTerminal();
    const { ask, told, user } = createUser({ alsoAsk: terminal });
    const asked = ask();
    user.answer('1', { answer: 'touch' });
    expect(await asked).toEqual({ outcome: 'approved' });
    expect(terminal.sentAway).toBe(1);
    terminal.answer({ outcome: 'cancelled' });
    await settle();
    expect(told()).toEqual([['approved', 'control']]);
  });

  it('asks the terminal nothing that a rule or the habit answers', async () => {
    const terminal = new ScriptedConsent();
    const { ask, user, told } = createUser({ alsoAsk: terminal });
    user.addPolicy({ action: 'deny', times: 1 });
    await ask();
    user.setHabit({ action: 'allow' });
    await ask();
    expect(terminal.questions).toEqual([]);
    expect(told()).toEqual([
      ['declined', 'policy'],
      ['approved', 'habit'],
    ]);
    user.wink('k');
    expect(terminal.winks).toEqual(['k']);
  });

  it('passes on what goes wrong at the terminal, and leaves nothing behind', async () => {
    const terminal = createTerminal();
    const { ask, user, clock } = createUser({ alsoAsk: terminal });
    const asked = ask();
    terminal.fail(new RangeError('no terminal'));
    await expect(asked).rejects.toThrow('no terminal');
    expect(user.questions()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('the end of a question', () => {
  it('is an answer of nobody when the host gives up', async () => {
    const { ask, told, clock } = createUser();
    const host = new AbortController();
    const asked = ask(host.signal);
    host.abort();
    expect(await asked).toEqual({ outcome: 'cancelled' });
    expect(await ask(host.signal)).toEqual({ outcome: 'cancelled' });
    expect(told()).toEqual([['cancelled', 'nobody']]);
    expect(clock.pending).toBe(0);
  });

  it('can be answered by hand while a rule still waits', async () => {
    const { ask, told, user, clock } = createUser({ habit: { action: 'deny', delayMs: 20_000 } });
    const asked = ask();
    clock.advance(10_000);
    user.answer('1', { answer: 'allow' });
    expect(await asked).toEqual({ outcome: 'approved' });
    clock.advance(30_000);
    expect(told()).toEqual([['approved', 'control']]);
  });

  it('is a timeout for a user who takes longer than there is time', async () => {
    const { ask, clock } = createUser({ habit: { action: 'allow', delayMs: 30_000 } });
    const asked = ask();
    clock.advance(30_000);
    expect(await asked).toEqual({ outcome: 'timeout' });
  });

  it('ends the wait of those who gave up waiting for it', async () => {
    const { user, clock, ask } = createUser();
    const watcher = new AbortController();
    const waited = user.waitFor({ kind: 'presence' }, 1000, watcher.signal);
    watcher.abort();
    expect(await waited).toBeUndefined();
    expect(clock.pending).toBe(0);
    void ask();
    expect(await user.waitFor({}, 0)).toMatchObject({ id: '1', deadline: clock.wall() + 30_000 });
  });

  it('takes a thousand rules and no more', () => {
    const { user } = createUser();
    for (let count = 0; count < 1000; count++) user.addPolicy({ action: 'allow' });
    expect(() => user.addPolicy({ action: 'allow' })).toThrow(/remove some first/);
    user.clearPolicies();
    expect(user.addPolicy({ action: 'allow' }).id).toBe('1001');
  });
});
