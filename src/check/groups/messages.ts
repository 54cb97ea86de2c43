import { hidCapability, hidCommand, hidError } from '../../ctaphid/command.ts';
import { buildContinuationPacket, maxMessageSize } from '../../ctaphid/packet.ts';
import { check, CheckSkip, type CheckGroup } from '../check.ts';
import { ensure, ensureDefined } from '../expect.ts';
import { needs } from '../facts.ts';

const sizes = [0, 1, 57, 58, 116, 117, 1024, maxMessageSize];
const halfMessage = 200;

/** Packets, arbitration and the small commands (CTAP 2.3 §11.2.4 to §11.2.9). */
export const messagesGroup: CheckGroup = {
  id: 'messages',
  title: 'CTAPHID messages',
  section: '§11.2.4',
  checks: [
    ...sizes.map((size) =>
      check(
        `messages.ping-${size}`,
        '§11.2.9.1.4',
        `PING of ${size} bytes comes back the same`,
        async (bench) => {
          const raw = await bench.raw();
          const payload = bench.platform.random.bytes(size);
          await raw.expectPing(await raw.allocate(), 'asked for it', payload);
        },
      ),
    ),
    check(
      'messages.sequence',
      '§11.2.4',
      'A continuation packet out of sequence is an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.beginMessage(channel, hidCommand.ping, halfMessage);
        await raw.send(buildContinuationPacket(channel, 1, new Uint8Array(59)));
        await raw.expectError(channel, 'given a continuation packet 1 before 0', hidError.invalidSequence);
        await raw.expectPing(channel, 'after a wrong sequence');
      },
    ),
    check(
      'messages.repeated',
      '§11.2.4',
      'A continuation packet that comes twice is an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.beginMessage(channel, hidCommand.ping, halfMessage);
        const packet = buildContinuationPacket(channel, 0, new Uint8Array(59));
        await raw.send(packet, packet);
        await raw.expectError(channel, 'given a continuation packet twice', hidError.invalidSequence);
      },
    ),
    check(
      'messages.interrupted',
      '§11.2.5.1',
      'A new message in the middle of another is an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.beginMessage(channel, hidCommand.ping, halfMessage);
        await raw.sendMessage(channel, hidCommand.ping, raw.nonce());
        await raw.expectError(channel, 'given a message in the middle of another', hidError.invalidSequence);
      },
    ),
    check(
      'messages.stray',
      '§11.2.5.1',
      'A continuation packet without a beginning is ignored',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.send(buildContinuationPacket(channel, 0, new Uint8Array(59)));
        await raw.expectSilence(channel, 'given a continuation packet without a beginning');
        await raw.expectPing(channel, 'after a continuation packet without a beginning');
      },
    ),
    check(
      'messages.timeout',
      '§11.2.5.2',
      'A message that does not go on is given up with an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.beginMessage(channel, hidCommand.ping, halfMessage);
        await raw.expectError(channel, 'given half a message', hidError.messageTimeout);
        await raw.expectPing(channel, 'after a message that was given up');
      },
    ),
    check(
      'messages.busy',
      '§11.2.5.1',
      'While a message comes in on one channel, another is told CHANNEL_BUSY',
      async (bench) => {
        const raw = await bench.raw();
        const [channel, other] = [await raw.allocate(), await raw.allocate()];
        await raw.beginMessage(channel, hidCommand.ping, 100);
        await raw.sendMessage(other, hidCommand.ping, raw.nonce());
        await raw.expectError(
          other,
          'asked on another channel in the middle of a message',
          hidError.channelBusy,
        );
        await raw.send(buildContinuationPacket(channel, 0, new Uint8Array(59)));
        const answer = ensureDefined(
          await raw.message(channel),
          'it forgets a message when another channel asks',
        );
        ensure(
          answer.command === hidCommand.ping,
          'it does not finish a message after another channel asked',
        );
      },
    ),
    check('messages.too-long', '§11.2.4', 'A message longer than any can be is an error', async (bench) => {
      const raw = await bench.raw();
      const channel = await raw.allocate();
      await raw.beginMessage(channel, hidCommand.ping, maxMessageSize + 1);
      await raw.expectError(channel, 'announced 7610 bytes', hidError.invalidLength);
    }),
    check('messages.unknown', '§11.2.9', 'An unknown command is an error', async (bench) => {
      const raw = await bench.raw();
      const channel = await raw.allocate();
      await raw.sendMessage(channel, 0x3a, raw.nonce());
      await raw.expectError(channel, 'given command 3A', hidError.invalidCommand);
    }),
    check(
      'messages.cbor-empty',
      '§11.2.9.1.2',
      'CBOR without a command is an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.sendMessage(channel, hidCommand.cbor);
        const answer = ensureDefined(
          await raw.message(channel),
          'given CBOR without a command, it says nothing',
        );
        const isRefused = answer.command === hidCommand.error || (answer.payload[0] ?? 0) !== 0;
        ensure(isRefused, 'it accepts CBOR without a command');
        await raw.expectPing(channel, 'after CBOR without a command');
      },
      { needs: [needs.ctap2] },
    ),
    check(
      'messages.cancel-idle',
      '§11.2.9.1.5',
      'CANCEL with nothing to cancel is not answered',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.sendMessage(channel, hidCommand.cancel);
        await raw.expectSilence(channel, 'told to cancel nothing');
        await raw.expectPing(channel, 'after CANCEL');
      },
    ),
    check(
      'messages.wink',
      '§11.2.9.2.1',
      'WINK is answered without data',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.sendMessage(channel, hidCommand.wink);
        const answer = ensureDefined(await raw.message(channel), 'it does not answer WINK');
        ensure(answer.command === hidCommand.wink, 'it announces WINK and refuses it');
        ensure(answer.payload.length === 0, 'it answers WINK with data');
      },
      { needs: [needs.wink] },
    ),
    check(
      'messages.lock',
      '§11.2.9.2.2',
      'LOCK keeps other channels out until it is released',
      async (bench) => {
        const raw = await bench.raw();
        const [channel, other] = [await raw.allocate(), await raw.allocate()];
        await raw.sendMessage(channel, hidCommand.lock, Uint8Array.of(5));
        const answer = ensureDefined(await raw.message(channel), 'it does not answer LOCK');
        if (answer.command === hidCommand.error) throw new CheckSkip('the key has no LOCK');
        await raw.sendMessage(other, hidCommand.ping, raw.nonce());
        await raw.expectError(
          other,
          'asked on another channel than the one with the lock',
          hidError.channelBusy,
        );
        await raw.sendMessage(channel, hidCommand.lock, Uint8Array.of(0));
        await raw.message(channel);
        await raw.expectPing(other, 'after the lock was released');
      },
    ),
    check(
      'messages.lock-range',
      '§11.2.9.2.2',
      'LOCK for more than ten seconds is an error',
      async (bench) => {
        const raw = await bench.raw();
        const channel = await raw.allocate();
        await raw.sendMessage(channel, hidCommand.lock, Uint8Array.of(11));
        const { invalidParameter, invalidCommand, invalidLength } = hidError;
        await raw.expectError(
          channel,
          'asked for a lock of 11 seconds',
          invalidParameter,
          invalidCommand,
          invalidLength,
        );
      },
    ),
    check(
      'messages.capabilities',
      '§11.2.9.1.3',
      'INIT announces the protocols that work, and no others',
      async (bench) => {
        const raw = await bench.raw();
        const response = ensureDefined(await raw.init(), 'it gives no channel');
        const { capabilities, channel } = response;
        await raw.sendMessage(channel, hidCommand.cbor, Uint8Array.of(0x04));
        const cbor = (await raw.message(channel))?.command === hidCommand.cbor;
        await raw.sendMessage(channel, hidCommand.msg, Uint8Array.of(0, 3, 0, 0, 0, 0, 0));
        const msg = (await raw.message(channel))?.command === hidCommand.msg;
        ensure(
          ((capabilities & hidCapability.cbor) !== 0) === cbor,
          cbor ? 'it does not announce CBOR and takes it' : 'it announces CBOR and refuses it',
        );
        ensure(
          ((capabilities & hidCapability.noMsg) === 0) === msg,
          msg ? 'it announces NMSG and takes U2F' : 'it does not announce NMSG and refuses U2F',
        );
      },
    ),
  ],
};
