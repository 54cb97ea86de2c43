import { expect, it } from 'vitest';
import {
  hidCapability,
  hidCommand,
  hidError,
  hidProtocolVersion,
  keepAliveCode,
} from '../../../src/ctaphid/command.ts';
import { broadcastChannel, maxMessageSize, reservedChannel } from '../../../src/ctaphid/packet.ts';

// Written out, as a test that uses the names says nothing of what goes over the wire (CTAP 2.3 §11.2.4, §11.2.9).
it.each([
  [
    'commands',
    hidCommand,
    { ping: 1, msg: 3, lock: 4, init: 6, wink: 8, cbor: 16, cancel: 17, keepalive: 59, error: 63 },
  ],
  [
    'errors',
    hidError,
    {
      invalidCommand: 1,
      invalidParameter: 2,
      invalidLength: 3,
      invalidSequence: 4,
      messageTimeout: 5,
      channelBusy: 6,
      lockRequired: 10,
      invalidChannel: 11,
      other: 127,
    },
  ],
  ['capabilities', hidCapability, { wink: 1, cbor: 4, noMsg: 8 }],
  ['keep-alives', keepAliveCode, { processing: 1, upneeded: 2 }],
])('the numbers of %s are those of the specification', (_, found, expected) => {
  expect(found).toEqual(expected);
});

it('other numbers of CTAPHID are, too', () => {
  expect({ broadcastChannel, reservedChannel, maxMessageSize, hidProtocolVersion }).toEqual({
    broadcastChannel: 0xffffffff,
    reservedChannel: 0,
    maxMessageSize: 7609,
    hidProtocolVersion: 2,
  });
});
