import { encodeBase64Url } from './base64url.ts';
import type { JsonObject } from './entry.ts';

const instructions = new Map([
  [0x01, 'u2fRegister'],
  [0x02, 'u2fAuthenticate'],
  [0x03, 'u2fVersion'],
]);
const controls = new Map([
  [0x03, 'enforce-user-presence-and-sign'],
  [0x07, 'check-only'],
  [0x08, 'dont-enforce-user-presence-and-sign'],
]);
const statusWords = new Map([
  [0x9000, 'NO_ERROR'],
  [0x6985, 'CONDITIONS_NOT_SATISFIED'],
  [0x6986, 'COMMAND_NOT_ALLOWED'],
  [0x6a80, 'WRONG_DATA'],
  [0x6700, 'WRONG_LENGTH'],
  [0x6d00, 'INS_NOT_SUPPORTED'],
  [0x6e00, 'CLA_NOT_SUPPORTED'],
]);

export function u2fCommand(apdu: Uint8Array): string {
  return instructions.get(apdu[1] ?? -1) ?? 'u2fUnknown';
}

/** A U2F command APDU (U2F raw messages §3.1, §4.1, §5.1), in short or extended form. */
export function showU2fRequest(apdu: Uint8Array): JsonObject {
  const [cla = 0, ins = 0, p1 = 0, p2 = 0] = apdu;
  const data = dataOf(apdu);
  const header = { cla, ins, p1, p2 };
  switch (u2fCommand(apdu)) {
    case 'u2fRegister':
      return { ...header, ...showParameters(data) };
    case 'u2fAuthenticate':
      return {
        ...header,
        control: controls.get(p1) ?? `0x${p1.toString(16)}`,
        ...showParameters(data),
        keyHandle: encodeBase64Url(data.subarray(65)),
      };
    default:
      return data.length === 0 ? header : { ...header, data: encodeBase64Url(data) };
  }
}

function showParameters(data: Uint8Array): JsonObject {
  return {
    challenge: encodeBase64Url(data.subarray(0, 32)),
    application: encodeBase64Url(data.subarray(32, 64)),
  };
}

function dataOf(apdu: Uint8Array): Uint8Array {
  if (apdu.length <= 5) return new Uint8Array();
  if (apdu[4] !== 0) return apdu.subarray(5, 5 + (apdu[4] ?? 0));
  const length = (apdu[5] ?? 0) * 256 + (apdu[6] ?? 0);
  return apdu.subarray(7, 7 + length);
}

/** `9000 NO_ERROR`. */
export function u2fStatus(response: Uint8Array): string {
  const end = response.length;
  const word = (response[end - 2] ?? 0) * 256 + (response[end - 1] ?? 0);
  const hex = word.toString(16).padStart(4, '0');
  const name = statusWords.get(word);
  return name === undefined ? hex : `${hex} ${name}`;
}

/** A response APDU (U2F raw messages §4.3, §5.4). */
export function showU2fResponse(command: string, response: Uint8Array): JsonObject {
  const body = response.subarray(0, Math.max(response.length - 2, 0));
  const status = { status: u2fStatus(response) };
  if (body.length === 0) return status;
  switch (command) {
    case 'u2fRegister':
      return { ...status, ...showRegistration(body) };
    case 'u2fAuthenticate':
      return {
        ...status,
        userPresence: body[0] ?? 0,
        counter: readUint32(body.subarray(1, 5)),
        signature: encodeBase64Url(body.subarray(5)),
      };
    case 'u2fVersion':
      return { ...status, version: new TextDecoder().decode(body) };
    default:
      return { ...status, data: encodeBase64Url(body) };
  }
}

function readUint32(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function showRegistration(body: Uint8Array): JsonObject {
  const idEnd = 67 + (body[66] ?? 0);
  const certificate = derItem(body.subarray(idEnd));
  return {
    publicKey: encodeBase64Url(body.subarray(1, 66)),
    keyHandle: encodeBase64Url(body.subarray(67, idEnd)),
    attestationCertificate: encodeBase64Url(certificate),
    signature: encodeBase64Url(body.subarray(idEnd + certificate.length)),
  };
}

/** The DER item at the start; certificates have a length of two bytes. */
function derItem(bytes: Uint8Array): Uint8Array {
  return bytes[1] === 0x82 ? bytes.subarray(0, 4 + (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0)) : bytes;
}
