import { describe, expect, it } from 'vitest';
import type { ControlledKey, HostEvent } from '../../../src/control/handle.ts';
import { settle } from '../../support/fake-clock.ts';
import { assertion, clientOf, createBench, registration, type Bench } from './support.ts';

/** `pending`, `done`, or why it failed. */
type Outcome = string;

/** A registration that is on its way, and what became of it so far. */
async function startRegistration(bench: Bench, key: ControlledKey, rpId = 'example.com') {
  const client = await clientOf(key, bench.clock);
  let outcome: Outcome = 'pending';
  void client.makeCredential({ ...registration, rp: { id: rpId } }).then(
    () => (outcome = 'done'),
    (error: unknown) => (outcome = error instanceof Error ? error.message : 'failed'),
  );
  await settle();
  return () => outcome;
}

function answersOf(events: readonly HostEvent[]) {
  return events
    .filter((event) => event.type === 'answer')
    .map(({ answer, by, policy }) => [answer.outcome, by, ...(policy === undefined ? [] : [policy])]);
}

describe('the user over HTTP', () => {
  it('is asked, and answers once', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k', consent: { action: 'ask' } });
    const outcome = await startRegistration(bench, key);
    const { json } = await bench.call('GET', '/keys/k/questions');
    expect(json).toMatchObject([
      { kind: 'presence', purpose: 'register', key: 'k', site: 'example.com', accounts: [{ name: 'ada' }] },
    ]);
    const [{ id }] = json as [{ id: string }];
    const path = `/keys/k/questions/${id}`;
    expect(await bench.call('POST', path, { answer: 'pin', pin: '1234' })).toMatchObject({
      status: 409,
      json: { code: 'refused' },
    });
    expect(await bench.call('POST', path, { answer: 'shrug' })).toMatchObject({ status: 422 });
    expect(outcome()).toBe('pending');
    expect(await bench.call('POST', path, { answer: 'touch' })).toMatchObject({ status: 204 });
    await settle();
    expect(outcome()).toBe('done');
    expect(await bench.call('POST', path, { answer: 'touch' })).toMatchObject({
      status: 404,
      json: { code: 'not-found' },
    });
    expect(answersOf(bench.events)).toEqual([['approved', 'control']]);
  });

  it.each([
    ['deny', { action: 'deny' }, 'declined'],
    ['allow', { action: 'allow' }, 'approved'],
    ['fail', { action: 'fail' }, 'declined'],
  ] as const)('can be told in advance to %s', async (_name, rule, outcome) => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k', consent: { action: 'ask' } });
    expect(await bench.call('POST', '/keys/k/policies', rule)).toMatchObject({
      status: 201,
      json: { used: 0 },
    });
    await startRegistration(bench, key);
    expect(answersOf(bench.events)).toEqual([[outcome, 'policy', '1']]);
    expect(await bench.call('GET', '/keys/k/policies')).toMatchObject({ json: [{ id: '1', used: 1 }] });
  });

  it('waits as long as it is told, then refuses', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    await bench.call('POST', '/keys/k/policies', { action: 'deny', delayMs: 20_000 });
    const outcome = await startRegistration(bench, key);
    await bench.clock.advanceAsync(19_999);
    expect(outcome()).toBe('pending');
    await bench.clock.advanceAsync(1);
    expect(outcome()).toMatch(/OPERATION_DENIED/);
  });

  it('ignores a question until its time is over', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    await bench.call('POST', '/keys/k/policies', { action: 'ignore' });
    const outcome = await startRegistration(bench, key);
    await bench.clock.advanceAsync(29_999);
    expect(outcome()).toBe('pending');
    await bench.clock.advanceAsync(1);
    expect(outcome()).toMatch(/USER_ACTION_TIMEOUT/);
    expect(answersOf(bench.events)).toEqual([['timeout', 'nobody']]);
  });

  it('does for one site, one command and the next few what it does for no other', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    await bench.call('POST', '/keys/k/policies', { action: 'deny', rpId: 'example.com', times: 2 });
    await bench.call('POST', '/keys/k/policies', { action: 'deny', command: 'getAssertion' });
    const outcomes: Outcome[] = [];
    for (const rpId of ['other.example', 'example.com', 'example.com', 'example.com'])
      outcomes.push((await startRegistration(bench, key, rpId))());
    expect(outcomes.map((outcome) => outcome === 'done')).toEqual([true, false, false, true]);
    const client = await clientOf(key, bench.clock);
    await expect(client.getAssertion(assertion)).rejects.toThrow(/OPERATION_DENIED/);
    expect(await bench.call('GET', '/keys/k/policies')).toMatchObject({ json: [{ id: '2', used: 1 }] });
    expect(await bench.call('DELETE', '/keys/k/policies/2')).toMatchObject({ status: 204 });
    expect(await bench.call('DELETE', '/keys/k/policies/2')).toMatchObject({ status: 404 });
    await client.getAssertion(assertion);
  });

  it('obeys the newest rule first, and its habit last', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    await bench.call('POST', '/keys/k/policies', { action: 'allow' });
    await bench.call('POST', '/keys/k/policies', { action: 'deny', times: 1 });
    await startRegistration(bench, key, 'a.example');
    await startRegistration(bench, key, 'b.example');
    await bench.call('DELETE', '/keys/k/policies');
    await bench.call('PATCH', '/keys/k', { consent: { action: 'deny' } });
    await startRegistration(bench, key, 'c.example');
    expect(answersOf(bench.events)).toEqual([
      ['declined', 'policy', '2'],
      ['approved', 'policy', '1'],
      ['declined', 'habit'],
    ]);
  });

  it('lets a watcher wait for a question, for a while', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k', consent: { action: 'ask' } });
    const late = bench.call('GET', '/keys/k/questions/next?timeoutMs=5000&rpId=other.example');
    const next = bench.call('GET', '/keys/k/questions/next?timeoutMs=5000&purpose=register');
    await settle();
    await startRegistration(bench, key);
    expect(await next).toMatchObject({ json: { question: { purpose: 'register' } } });
    expect(await bench.call('GET', '/keys/k/questions/next?timeoutMs=0')).toMatchObject({
      json: { question: { purpose: 'register' } },
    });
    await bench.clock.advanceAsync(5000);
    expect(await late).toMatchObject({ status: 200, json: { question: null } });
    for (const query of ['', '?timeoutMs=soon', '?timeoutMs=-1', '?timeoutMs=99999999'])
      expect(await bench.call('GET', `/keys/k/questions/next${query}`)).toMatchObject({ status: 422 });
  });

  it('enters a PIN that is compared, or has a finger that fits or not', async () => {
    const bench = createBench();
    const keypad = await bench.host.create({ id: 'keypad', profile: 'keypad', consent: { action: 'ask' } });
    await bench.call('PUT', '/keys/keypad/pin', { pin: '24680' });
    const client = await clientOf(keypad, bench.clock);
    const request = { ...registration, options: { rk: true, uv: true } };
    const made = client.makeCredential(request);
    const answer = async (reply: unknown) => {
      const { json } = await bench.call('GET', '/keys/keypad/questions/next?timeoutMs=1000');
      const { question } = json as { question: { id: string; kind: string } };
      await bench.call('POST', `/keys/keypad/questions/${question.id}`, reply);
      await settle();
      return question.kind;
    };
    await settle();
    expect(await answer({ answer: 'pin', pin: '11111' })).toBe('verification');
    expect(await bench.call('GET', '/keys/keypad/pin')).toMatchObject({ json: { retriesLeft: 8 } });
    expect(await answer({ answer: 'pin', pin: '24680' })).toBe('verification');
    const { authData } = await made;
    expect(authData[32]! & 0x05).toBe(0x05);
    expect(answersOf(bench.events)).toEqual([
      ['failed', 'control'],
      ['approved', 'control'],
    ]);
  });

  it('chooses an account by its place or by its user id', async () => {
    const bench = createBench();
    const key = await bench.host.create({
      id: 'k',
      profile: { extends: 'fingerprint', accountChooser: true },
    });
    for (const userHandle of ['AQ', 'Ag', 'Aw'])
      await bench.call('POST', '/keys/k/credentials', {
        rpId: 'example.com',
        userHandle,
        userName: userHandle,
      });
    await bench.call('POST', '/keys/k/fingerprints', {});
    await bench.call('POST', '/keys/k/policies', { action: 'ask', kind: 'choice' });
    const client = await clientOf(key, bench.clock);
    for (const [account, expected] of [
      [2, '01'],
      ['02', '02'],
    ] as const) {
      const answered = client.getAssertion({ ...assertion, options: { uv: true } });
      await settle();
      const { json } = await bench.call('GET', '/keys/k/questions?kind=choice');
      const [{ id }] = json as [{ id: string }];
      const path = `/keys/k/questions/${id}`;
      expect(await bench.call('POST', path, { answer: 'account', account: 9 })).toMatchObject({
        status: 409,
      });
      expect(await bench.call('POST', path, { answer: 'finger', finger: 'good' })).toMatchObject({
        status: 409,
      });
      await bench.call('POST', path, { answer: 'account', account });
      const { user } = await answered;
      expect(Buffer.from(user!.id).toString('hex')).toBe(expected);
    }
  });

  it('is not asked any more when the host gives up or the key is gone', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k', consent: { action: 'ask' } });
    await startRegistration(bench, key);
    expect(key.user.questions()).toHaveLength(1);
    await key.unplug();
    await settle();
    expect(key.user.questions()).toEqual([]);
    expect(answersOf(bench.events)).toEqual([['cancelled', 'nobody']]);
  });

  it('touches the second of two keys that ask at once', async () => {
    const bench = createBench();
    const consent = { action: 'ask' } as const;
    const [first, second] = [
      await bench.host.create({ id: 'first', consent }),
      await bench.host.create({ id: 'second', consent }),
    ];
    const outcomes = [await startRegistration(bench, first), await startRegistration(bench, second)];
    const { json } = await bench.call('GET', '/keys/second/questions');
    const [{ id }] = json as [{ id: string }];
    await bench.call('POST', `/keys/second/questions/${id}`, { answer: 'touch' });
    await settle();
    expect(outcomes.map((outcome) => outcome())).toEqual(['pending', 'done']);
  });
});
