import { hidCommand, keepAliveCode } from '../../ctaphid/command.ts';
import { ctapCommand } from '../../ctap/command.ts';
import { concatBytes } from '../../ctap/bytes.ts';
import { ctapStatus, statusName } from '../../ctap/status.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import { encodeMakeCredential } from '../../client/ctap-client.ts';
import { permission } from '../../ctap/permission.ts';
import type { Packet } from '../../ctaphid/packet.ts';
import type { Bench } from '../bench.ts';
import { check, CheckSkip, withOptions, type CheckGroup } from '../check.ts';
import { ensure, ensureDefined } from '../expect.ts';
import { needs } from '../facts.ts';
import type { RawHid } from '../raw-hid.ts';

/** Keep-alives are due every 100 ms; a host may be busy for a moment. */
const longestGap = 500;

interface Exchange {
  readonly raw: RawHid;
  readonly channel: number;
  /** Statuses of the keep-alives. */
  readonly keepAlives: readonly number[];
  /** Milliseconds of the longest silence. */
  readonly longest: number;
  readonly status: number;
}

/** Sends makeCredential and listens to all packets; `onWaiting` runs once when the first keep-alive came. */
async function register(
  bench: Bench,
  onWaiting?: (raw: RawHid, channel: number) => Promise<void>,
): Promise<Exchange> {
  const proof = await bench.proof(permission.makeCredential);
  const { id: channel } = await bench.channel();
  const raw = await bench.raw();
  const request = encodeCbor(encodeMakeCredential(bench.request(proof)));
  // While another channel asks, a quick user lets the answer come.
  raw.keep(channel);
  await raw.sendMessage(
    channel,
    hidCommand.cbor,
    concatBytes(Uint8Array.of(ctapCommand.makeCredential), request),
  );
  const keepAlives: number[] = [];
  let longest = 0;
  for (;;) {
    const before = bench.clock.monotonic();
    const packet: Packet = ensureDefined(
      await raw.packet(channel),
      'it is silent during a registration: neither keep-alives nor an answer come',
    );
    longest = Math.max(longest, bench.clock.monotonic() - before);
    if (packet.kind !== 'init') continue;
    if (packet.command !== hidCommand.keepalive) {
      return { raw, channel, keepAlives, longest, status: packet.data[0] ?? -1 };
    }
    ensure(packet.length === 1, `its keep-alive has ${packet.length} bytes, not 1`);
    keepAlives.push(packet.data[0] ?? -1);
    if (keepAlives.length === 1) await onWaiting?.(raw, channel);
  }
}

/** What a key does while its user is asked (CTAP 2.3 §11.2.9.1.5, §11.2.9.1.7). */
export const waitingGroup: CheckGroup = {
  id: 'waiting',
  title: 'Keep-alives and CANCEL',
  section: '§11.2.9.1.7',
  checks: withOptions({ needs: [needs.registration], touch: true }, [
    check(
      'waiting.keep-alive',
      '§11.2.9.1.7',
      'A key that works on a command says so every 100 ms',
      async (bench) => {
        const { longest } = await register(bench);
        ensure(
          longest <= longestGap,
          `it was silent for ${Math.round(longest)} ms during a registration: keep-alives are missing`,
        );
      },
    ),
    check(
      'waiting.status',
      '§11.2.9.1.7',
      'Keep-alives say whether the key works or waits for a touch',
      async (bench) => {
        const { keepAlives } = await register(bench);
        if (keepAlives.length === 0) throw new CheckSkip('the key answered before it had to wait');
        const { processing, upneeded } = keepAliveCode;
        const unknown = keepAlives.find((status) => status !== processing && status !== upneeded);
        ensure(unknown === undefined, `it sends a keep-alive with the unknown status ${unknown}`);
      },
    ),
    check('waiting.end', '§11.2.9.1.7', 'Keep-alives end with the answer', async (bench) => {
      const { raw, channel } = await register(bench);
      // The rest of the answer may still come.
      for (
        let packet = await raw.packet(channel, longestGap);
        packet;
        packet = await raw.packet(channel, longestGap)
      ) {
        ensure(packet.kind === 'continuation', 'it sends more messages after its answer');
      }
    }),
    check(
      'waiting.cancel',
      '§11.2.9.1.5',
      'CANCEL ends a command that waits, with KEEPALIVE_CANCEL',
      async (bench) => {
        const wasSent = { value: false };
        const { status } = await register(bench, async (raw, channel) => {
          wasSent.value = true;
          await raw.sendMessage(channel, hidCommand.cancel);
        });
        if (!wasSent.value) throw new CheckSkip('the key answered before it could be cancelled');
        if (status === ctapStatus.OK) throw new CheckSkip('the key was touched before it could be cancelled');
        ensure(
          status === ctapStatus.KEEPALIVE_CANCEL,
          `it ends a cancelled command with ${statusName(status)}`,
        );
      },
    ),
    check(
      'waiting.busy',
      '§11.2.5.1',
      'While a command waits, another channel is told CHANNEL_BUSY',
      async (bench) => {
        const wasBusy = { asked: false, answered: false, value: false };
        const { raw, channel } = await register(bench, async (hid) => {
          const other = (await hid.init())?.channel;
          if (other === undefined) return;
          wasBusy.asked = true;
          await hid.sendMessage(other, hidCommand.ping, hid.nonce());
          wasBusy.value = (await hid.message(other, 1000))?.command === hidCommand.error;
          wasBusy.answered = hid.answerWaits;
        });
        await raw.packet(channel, longestGap);
        raw.keep(undefined);
        if (!wasBusy.asked || (wasBusy.answered && !wasBusy.value))
          throw new CheckSkip('the key answered before another channel could ask');
        ensure(wasBusy.value, 'it works on a second command while the first waits for a touch');
      },
    ),
  ]),
};
