import type { MessageHandler } from '../ports/message-handler.ts';
import { hidCommand, hidError } from './command.ts';
import type { HidError } from './command.ts';
import { initNonceSize } from './init-response.ts';
import type { InitPacket } from './packet.ts';
import { maxMessageSize } from './packet.ts';

/** Least and greatest payload of each request that starts a transaction, in bytes (CTAP 2.3 §11.2.9). */
const requestLength: ReadonlyMap<number, readonly [number, number]> = new Map([
  [hidCommand.ping, [0, maxMessageSize]],
  [hidCommand.msg, [0, maxMessageSize]],
  [hidCommand.lock, [1, 1]],
  [hidCommand.wink, [0, 0]],
  [hidCommand.cbor, [1, maxMessageSize]],
]);

/**
 * What the first packet of a message already shows to be wrong, so that the error goes out before the continuations
 * come. Covers every command but INIT and CANCEL.
 */
export function judgeRequest(
  packet: InitPacket,
  { speaksCtap2, speaksU2f }: Pick<MessageHandler, 'speaksCtap2' | 'speaksU2f'>,
): HidError | undefined {
  const limits = requestLength.get(packet.command);
  if (!limits) return hidError.invalidCommand;
  if (packet.command === hidCommand.msg && !speaksU2f) return hidError.invalidCommand;
  if (packet.command === hidCommand.cbor && !speaksCtap2) return hidError.invalidCommand;
  const [least, greatest] = limits;
  return packet.length < least || packet.length > greatest ? hidError.invalidLength : undefined;
}

/** INIT carries a nonce of exactly 8 bytes. */
export function judgeInit(packet: InitPacket): HidError | undefined {
  return packet.length === initNonceSize ? undefined : hidError.invalidLength;
}
