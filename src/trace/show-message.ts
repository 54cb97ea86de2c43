import { decodeCbor } from '../cbor/decode.ts';
import { CborError } from '../cbor/error.ts';
import { ctapStatus, statusName } from '../ctap/status.ts';
import { hidCommand } from '../ctaphid/command.ts';
import { encodeBase64Url } from './base64url.ts';
import type { Json, JsonObject, TraceEntry } from './entry.ts';
import type { RecordedMessage, Recording } from './recording.ts';
import type { Shape } from './shape.ts';
import { commandName, commandShapes } from './shapes.ts';
import { showCbor, type Secrets } from './show-cbor.ts';
import { hexByte, hidCommandName, hidErrorName, showHidRequest, showHidResponse } from './show-hid.ts';
import { showU2fRequest, showU2fResponse, u2fCommand, u2fStatus } from './show-u2f.ts';

export function protocolOf({ hidCommand: command }: Recording): TraceEntry['protocol'] {
  if (command === hidCommand.cbor) return 'ctap2';
  return command === hidCommand.msg ? 'u2f' : 'ctaphid';
}

export function commandOf(recording: Recording): string {
  const { hidCommand: command, request } = recording;
  if (command === hidCommand.cbor) {
    const byte = request?.payload[0];
    return commandName(byte) ?? (byte === undefined ? 'cbor' : hexByte(byte));
  }
  if (command === hidCommand.msg && request) return u2fCommand(request.payload);
  return hidCommandName(command);
}

export function statusOf({ request, response }: Recording): string {
  if (!response) return 'unanswered';
  const { command, payload } = response;
  if (command === hidCommand.error) return `ERROR ${hidErrorName(payload)}`;
  if (request && command !== request.command) return `answer to ${hidCommandName(command)}`;
  if (command === hidCommand.cbor) return statusName(payload[0] ?? ctapStatus.OTHER);
  return command === hidCommand.msg ? u2fStatus(payload) : 'OK';
}

export function showRequest({ command, payload }: RecordedMessage, secrets: Secrets): JsonObject {
  if (command === hidCommand.msg) return showU2fRequest(payload);
  if (command !== hidCommand.cbor) return showHidRequest(command, payload);
  const name = commandName(payload[0]);
  return showBody(payload.subarray(1), name && commandShapes[name].request, secrets);
}

export function showResponse(recording: Recording, secrets: Secrets): JsonObject | undefined {
  const { request, response } = recording;
  if (!response) return undefined;
  const { command, payload } = response;
  if (command === hidCommand.error) return { status: statusOf(recording) };
  if (command === hidCommand.msg) return showU2fResponse(commandOf(recording), payload);
  if (command !== hidCommand.cbor) return showHidResponse(command, payload);
  const name = commandName(request?.payload[0]);
  const body = showBody(payload.subarray(1), name && commandShapes[name].response, secrets);
  return { status: statusOf(recording), ...body };
}

/** A map, or nothing. Bytes that are no CBOR count as secret, because nobody knows what is in them. */
function showBody(bytes: Uint8Array, shape: Shape | undefined, secrets: Secrets): JsonObject {
  if (bytes.length === 0) return {};
  try {
    const shown = showCbor(decodeCbor(bytes), shape, secrets);
    return isObject(shown) ? shown : { value: shown };
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    secrets.found.push(bytes);
    return { problem: error.message, ...(secrets.reveal && { bytes: encodeBase64Url(bytes) }) };
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
