import { hidCommand, hidError } from '../../ctaphid/command.ts';
import { broadcastChannel, reservedChannel } from '../../ctaphid/packet.ts';
import { check, type CheckGroup } from '../check.ts';
import { ensure, ensureBytes, ensureDefined } from '../expect.ts';

const initSize = 17;

/** INIT and channels (CTAP 2.3 §11.2.3, §11.2.9.1.3). */
export const channelsGroup: CheckGroup = {
  id: 'channels',
  title: 'CTAPHID channels',
  section: '§11.2.3',
  checks: [
    check(
      'channels.init',
      '§11.2.9.1.3',
      'INIT gives a channel: 17 bytes with the nonce, protocol version 2',
      async (bench) => {
        const raw = await bench.raw();
        const nonce = raw.nonce();
        await raw.sendMessage(broadcastChannel, hidCommand.init, nonce);
        const answer = ensureDefined(await raw.message(broadcastChannel), 'it does not answer INIT');
        ensure(answer.command === hidCommand.init, `it answers INIT with command ${answer.command}`);
        ensure(
          answer.payload.length === initSize,
          `its answer to INIT has ${answer.payload.length} bytes, not 17`,
        );
        ensureBytes(answer.payload.subarray(0, 8), nonce, 'the nonce in the answer to INIT');
        const channel = new DataView(answer.payload.buffer, answer.payload.byteOffset).getUint32(8);
        ensure(
          channel !== reservedChannel && channel !== broadcastChannel,
          'it gives a channel that nobody may have',
        );
        ensure(answer.payload[12] === 2, `it speaks CTAPHID version ${answer.payload[12]}, not 2`);
      },
    ),
    check(
      'channels.distinct',
      '§11.2.9.1.3',
      'Each INIT on the broadcast channel gives another channel',
      async (bench) => {
        const raw = await bench.raw();
        const given = [await raw.allocate(), await raw.allocate(), await raw.allocate()];
        ensure(new Set(given).size === given.length, 'it gives the same channel twice');
      },
    ),
    check(
      'channels.resync',
      '§11.2.9.1.3',
      'INIT on a channel answers with the same channel',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        const response = ensureDefined(
          await raw.init(channel),
          'it does not answer INIT on an allocated channel',
        );
        ensure(response.channel === channel, 'it answers with another channel than it was asked on');
      },
    ),
    check('channels.abort', '§11.2.9.1.3', 'INIT ends a message that is only half there', async (bench) => {
      const raw = await bench.raw();
      const channel = await raw.allocate();
      await raw.beginMessage(channel, hidCommand.ping, 100);
      ensure((await raw.init(channel)) !== undefined, 'it does not answer INIT in the middle of a message');
      await raw.expectPing(channel, 'after INIT in the middle of a message');
    }),
    check('channels.reserved', '§11.2.3', 'A command on channel 0 is an error', async (bench) => {
      const raw = await bench.raw();
      await raw.sendMessage(reservedChannel, hidCommand.ping, raw.nonce());
      await raw.expectError(reservedChannel, 'asked on channel 0', hidError.invalidChannel);
    }),
    check(
      'channels.broadcast',
      '§11.2.3',
      'Anything but INIT on the broadcast channel is an error',
      async (bench) => {
        const raw = await bench.raw();
        await raw.sendMessage(broadcastChannel, hidCommand.ping, raw.nonce());
        await raw.expectError(
          broadcastChannel,
          'asked for a PING on the broadcast channel',
          hidError.invalidChannel,
          hidError.invalidCommand,
        );
      },
    ),
    check(
      'channels.unknown',
      '§11.2.3',
      'A command on a channel that was not given is an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = ((await raw.allocate()) ^ 0x5a5a5a5a) >>> 0;
        await raw.sendMessage(channel, hidCommand.ping, raw.nonce());
        await raw.expectError(channel, 'asked on a channel that it never gave', hidError.invalidChannel);
      },
    ),
    check(
      'channels.many',
      '§11.2.3',
      'Channels that others asked for do not take ours away',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        for (let others = 0; others < 3; others++) await raw.allocate();
        await raw.expectPing(channel, 'after three other channels were given');
      },
    ),
  ],
};
