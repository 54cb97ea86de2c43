import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { createKey } from '../../../src/app/create-key.ts';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { broadcastChannel, buildInitPacket } from '../../../src/ctaphid/packet.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { parseTransportSpec } from '../../../src/transports/spec.ts';
import { encodeImportRequest, encodeListRequest } from '../../../src/transports/usbip-op-codec.ts';
import { encodeSubmit, encodeUnlink, maxTransferSize } from '../../../src/transports/usbip-urb-codec.ts';
import type { Dice } from '../../support/dice.ts';
import { settle } from '../../support/fake-clock.ts';
import { connectUsbip, importUsbip, listUsbip } from '../../support/usbip-client.ts';
import type { UsbipHost } from '../../support/usbip-client.ts';
import { bendBytes, pick, randomBytes } from '../bend.ts';
import type { FuzzInput, FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const nonce = Uint8Array.of(1, 3, 5, 7, 9, 11, 13, 15);
const init = buildInitPacket(broadcastChannel, hidCommand.init, 8, nonce);
const ping = buildInitPacket(broadcastChannel, hidCommand.ping, 57, new Uint8Array(57));
const busId = '1-1';
const deviceId = 0x10002;
/** Milliseconds until a key has to be free again after the connection of its host was closed. */
const longestRelease = 5000;

/**
 * Hostile clients of a USB/IP server: length fields that lie, unlink storms, half messages, connections that end anyhow. A key
 * that one of them imported is free again when it is gone, and the list and the next host get their answers.
 */
export const usbipTarget: FuzzTarget = {
  name: 'usbip',
  inputs: 400,
  open: async () => {
    let defect: unknown;
    const key = createKey({
      onEvent: (event) => {
        if (event.type === 'defect') defect = event.error;
      },
    });
    const open = await key.attach('usbip:127.0.0.1:0');
    return {
      make: (dice) => conversation(dice),
      feed: (input) => talk(open, input),
      async probe() {
        await requireAnswer(open);
        if (defect !== undefined) throw new Finding('The key reports a defect.', { cause: defect });
      },
      close: () => open.close(),
    } satisfies FuzzSession;
  },
};

/** Messages of one client, then cut anywhere: the first piece says in its first byte how the connection ends. */
function conversation(dice: Dice): Uint8Array[] {
  const messages: Uint8Array[] = [];
  if (dice(10) > 0)
    messages.push(encodeImportRequest(dice(12) > 0 ? busId : pick(dice, ['', '1-2', '../..'])));
  else if (dice(2) === 0) messages.push(encodeListRequest());
  const kind = dice(3);
  const count = kind === 0 ? 1 + dice(300) : 1 + dice(12);
  for (let seqnum = 1; seqnum <= count; seqnum += 1)
    messages.push(kind === 0 ? stormy(dice, seqnum) : transfer(dice, seqnum));
  const bent = messages.map((message) => (dice(8) === 0 ? bendMessage(message, dice) : message));
  return [Uint8Array.of(dice(3)), ...cut(Buffer.concat(bent), dice)];
}

/** Transfers that wait, and unlinks of them, of others, and of themselves. */
function stormy(dice: Dice, seqnum: number): Uint8Array {
  if (dice(2) === 0) return encodeUnlink({ seqnum, deviceId, target: dice(seqnum + 2) });
  return encodeSubmit({ seqnum, deviceId, direction: 'in', endpoint: 1, length: 64 });
}

function transfer(dice: Dice, seqnum: number): Uint8Array {
  const kind = dice(5);
  if (kind === 0) return encodeUnlink({ seqnum, deviceId, target: dice(10) });
  if (kind === 1) return encodeSubmit({ seqnum, deviceId, direction: 'in', endpoint: 1, length: 64 });
  if (kind === 2) {
    const data = pick(dice, [
      init,
      ping,
      randomBytes(dice, dice(100)),
      new Uint8Array(dice(maxTransferSize)),
    ]);
    return encodeSubmit({ seqnum, deviceId, direction: 'out', endpoint: 1, data });
  }
  const direction = dice(2) === 0 ? 'in' : 'out';
  const data = direction === 'out' ? { data: randomBytes(dice, dice(80)) } : { length: dice(300) };
  return encodeSubmit({ seqnum, deviceId, direction, endpoint: 0, setup: setupOf(dice), ...data });
}

/** Standard and class requests of the HID interface, with any value in any place. */
function setupOf(dice: Dice): Uint8Array {
  const type = pick(dice, [0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x21, 0xa1, dice(256)]);
  return Uint8Array.of(type, dice(13), dice(4), dice(36), dice(3), 0, dice(256), dice(2));
}

const fieldOffset = [0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x20] as const;

/** A field of the header that says anything at all, or bytes that changed anywhere. */
function bendMessage(message: Uint8Array, dice: Dice): Uint8Array {
  const offset = pick(dice, fieldOffset);
  if (dice(3) === 0 || message.length < offset + 4) return bendBytes(message, dice);
  const bent = message.slice();
  const value = pick(dice, [0, 1, 2, 16, 0x111, maxTransferSize + 1, 0x7fffffff, 0x80000000, 0xffffffff]);
  new DataView(bent.buffer).setUint32(offset, value);
  return bent;
}

function cut(bytes: Uint8Array, dice: Dice): Uint8Array[] {
  // A client that disappears in the midst of a message.
  const end = dice(3) === 0 ? dice(bytes.length + 1) : bytes.length;
  const places = Array.from({ length: dice(6) }, () => dice(end + 1)).sort((a, b) => a - b);
  return [...places, end].map((place, index) => bytes.slice(places[index - 1] ?? 0, place));
}

const endings: readonly ((socket: Socket) => void)[] = [
  (socket) => void socket.end(),
  (socket) => void socket.resetAndDestroy(),
  (socket) => void socket.destroy(),
];

async function talk(open: OpenTransport, input: FuzzInput): Promise<void> {
  const [ending, ...pieces] = input as readonly Uint8Array[];
  const spec = parseTransportSpec(open.address);
  if (spec.kind !== 'usbip') throw new Finding(`The address is ${open.address}.`);
  const socket = connect({ host: spec.host, port: spec.port, noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  // Some clients never read.
  if ((pieces[0]?.length ?? 0) % 4 > 0) socket.resume();
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece);
    await settle();
  }
  endings[ending?.[0] ?? 0]?.(socket);
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}

/** Imports the key as soon as the server noticed that the client before is gone, and says INIT. */
async function requireAnswer(open: OpenTransport): Promise<void> {
  const host = await importSoon(open);
  if ((await listUsbip(open.address)).length > 0) throw new Finding('A key that is taken is in the list.');
  await host.control([0x00, 9, 1, 0, 0]);
  const { answer } = host.submit({ direction: 'in', endpoint: 1, length: 64 });
  await host.submit({ direction: 'out', endpoint: 1, data: init }).answer;
  const { data } = await answer;
  const unlinked = await host.unlink(99);
  host.socket.destroy();
  await host.closed;
  if (data[4] !== 0x86 || !Buffer.from(data.subarray(7, 15)).equals(nonce))
    throw new Finding('INIT is not answered.');
  if (unlinked.command !== 4) throw new Finding('An unlink is not answered.');
}

async function importSoon(open: OpenTransport): Promise<UsbipHost> {
  const start = performance.now();
  for (;;) {
    try {
      return await importUsbip(open.address, busId);
    } catch (error) {
      if (performance.now() - start > longestRelease)
        throw new Finding('The key stays taken.', { cause: error });
    }
    // Another connection gives the server the time to notice.
    const another = await connectUsbip(open.address);
    another.socket.destroy();
    await another.closed;
  }
}
