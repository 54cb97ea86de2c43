import { toHex } from '../ctap/bytes.ts';
import { hidCapability, hidCommand, hidError } from '../ctaphid/command.ts';
import { decodeInitResponse } from '../ctaphid/init-response.ts';
import { encodeBase64Url } from './base64url.ts';
import type { JsonObject } from './entry.ts';

const commandNames = new Map<number, string>(Object.entries(hidCommand).map(([name, byte]) => [byte, name]));
const errorNames = new Map<number, string>(Object.entries(hidError).map(([name, code]) => [code, name]));

export function hidCommandName(command: number | undefined): string {
  if (command === undefined) return 'unsolicited';
  return commandNames.get(command) ?? hexByte(command);
}

export function hidErrorName(payload: Uint8Array): string {
  const code = payload[0] ?? 0;
  return errorNames.get(code) ?? hexByte(code);
}

export function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

export function channelName(channel: number): string {
  return channel.toString(16).padStart(8, '0');
}

export function showHidRequest(command: number, payload: Uint8Array): JsonObject {
  if (command === hidCommand.init) return { nonce: toHex(payload) };
  if (command === hidCommand.lock) return { seconds: payload[0] ?? 0 };
  return payload.length === 0 ? {} : { length: payload.length, data: encodeBase64Url(payload) };
}

export function showHidResponse(command: number, payload: Uint8Array): JsonObject {
  const init = command === hidCommand.init ? decodeInitResponse(payload) : undefined;
  if (!init) return showHidRequest(command, payload);
  const { capabilities } = init;
  return {
    nonce: toHex(init.nonce),
    channel: channelName(init.channel),
    protocolVersion: init.protocolVersion,
    deviceVersion: init.version.join('.'),
    capabilities: Object.entries(hidCapability)
      .filter(([, bit]) => (capabilities & bit) !== 0)
      .map(([name]) => name),
  };
}
