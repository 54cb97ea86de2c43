import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hidCommand } from '../../src/ctaphid/command.ts';
import { broadcastChannel, buildContinuationPacket, buildInitPacket } from '../../src/ctaphid/packet.ts';
import { createBench } from '../support/hid-bench.ts';
import type { BenchHost } from '../support/hid-bench.ts';

/** Anything that two hosts, the core and time can do to an engine. */
type Event =
  | { readonly type: 'report'; readonly host: 0 | 1; readonly report: Uint8Array }
  | { readonly type: 'time'; readonly ms: number }
  | { readonly type: 'status' }
  | { readonly type: 'answer'; readonly length: number }
  | { readonly type: 'reset' }
  | { readonly type: 'replace'; readonly host: 0 | 1 };

const commands = Object.values(hidCommand);
// Channels 1 to 6 are the first that the counting random source of the bench gives out.
const channel = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 2, arbitrary: fc.constant(broadcastChannel) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0xfffffffe) },
);
const data = fc.uint8Array({ minLength: 0, maxLength: 59 });
const init = fc
  .record({
    channel,
    command: fc.oneof(fc.constantFrom(...commands), fc.nat(0x7f)),
    length: fc.oneof(fc.constantFrom(0, 1, 8, 57, 58, 100, 7609, 7610), fc.nat(0xffff)),
    data,
  })
  .map((packet) => buildInitPacket(packet.channel, packet.command, packet.length, packet.data));
const continuation = fc
  .record({ channel, sequence: fc.oneof(fc.nat(2), fc.nat(0x7f)), data })
  .map((packet) => buildContinuationPacket(packet.channel, packet.sequence, packet.data));
const report = fc.oneof(
  { weight: 10, arbitrary: init },
  { weight: 6, arbitrary: continuation },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 64, maxLength: 64 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 70 }) },
);
const hostIndex = fc.constantFrom<0 | 1>(0, 1);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ type: fc.constant('report' as const), host: hostIndex, report }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.nat(700) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('status' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('answer' as const), length: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reset' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('replace' as const), host: hostIndex }) },
);

/** Plays the events. Fails by exception, also when a host sees the packets of two messages mixed. */
async function play(events: readonly Event[], answerAborts: boolean) {
  const bench = createBench({ answerAborts });
  const hosts: [BenchHost, BenchHost] = [bench.host(), bench.host()];
  hosts[0].open();
  hosts[1].open();
  for (const step of events) {
    if (step.type === 'report') hosts[step.host].link.receive(step.report);
    else if (step.type === 'time') await bench.clock.advanceAsync(step.ms);
    else if (step.type === 'status') bench.handler.calls.at(-1)?.transaction.setStatus('upneeded');
    else if (step.type === 'answer') {
      bench.handler.calls.at(-1)?.answer(new Array<number>(step.length).fill(1));
      await bench.clock.advanceAsync(0);
    } else if (step.type === 'reset') bench.engine.reset();
    else {
      hosts[step.host].link.close();
      hosts[step.host] = bench.host();
    }
    for (const host of hosts) host.take();
    // One message at a time means one deadline at a time, and one keep-alive at most.
    expect(bench.clock.pending).toBeLessThanOrEqual(1);
  }
  return { ...bench, hosts };
}

/** The core answers everything and locks run out: the engine comes to rest. */
async function comeToRest({ handler, clock, hosts }: Awaited<ReturnType<typeof play>>): Promise<void> {
  for (let answered = -1; answered < handler.calls.length;) {
    answered = handler.calls.length;
    for (const call of handler.calls) call.answer([0]);
    await clock.advanceAsync(20_000);
  }
  for (const host of hosts) host.take();
}

describe('after any sequence of packets, times, answers and losses', () => {
  it('a fresh INIT and PING work once running work is done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), fc.boolean(), async (events, answerAborts) => {
        const played = await play(events, answerAborts);
        await comeToRest(played);
        for (const host of played.hosts) {
          const mine = host.open();
          host.sendMessage(mine, hidCommand.ping, [1, 2, 3]);
          expect(host.take()).toEqual([{ channel: mine, command: hidCommand.ping, payload: [1, 2, 3] }]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('INIT on broadcast is answered at once, whatever is going on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), fc.boolean(), async (events, answerAborts) => {
        const { hosts } = await play(events, answerAborts);
        for (const host of hosts) expect(host.open()).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('the key is silent and holds no timer while idle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), fc.boolean(), async (events, answerAborts) => {
        const played = await play(events, answerAborts);
        await comeToRest(played);
        expect(played.clock.pending).toBe(0);
        await played.clock.advanceAsync(60_000);
        expect(played.hosts.map((host) => host.take())).toEqual([[], []]);
      }),
      { numRuns: 200 },
    );
  });

  it('the core never runs two commands at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const { handler } = await play(events, false);
        // A call is over only when the test answers it, and every 'answer' event answers the last one.
        const answers = events.filter((step) => step.type === 'answer').length;
        expect(handler.calls.length).toBeLessThanOrEqual(answers + 1);
      }),
      { numRuns: 300 },
    );
  });
});
