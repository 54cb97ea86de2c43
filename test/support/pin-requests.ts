import { concatBytes } from '../../src/ctap/bytes.ts';
import type { ClientPinRequest } from '../../src/ctap/messages/client-pin.ts';
import { pinBytes } from '../../src/client/client-pin-client.ts';
import type { CtapClient } from '../../src/client/ctap-client.ts';
import type { PinProtocolVersion } from '../../src/client/pin-protocol.ts';
import { pin, provider, site } from './protocol.ts';

/** Parameters of clientPIN subcommands as a good platform sends them, for tests that then bend them. */
export type PinRequest = Partial<ClientPinRequest>;

export function padded(text: string | Uint8Array, size = 64): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(typeof text === 'string' ? pinBytes(text) : text);
  return bytes;
}

export function hashOf(text: string): Uint8Array {
  return provider.sha256(pinBytes(text)).subarray(0, 16);
}

export async function setPinRequest(
  client: CtapClient,
  newPin: Uint8Array = padded(pin),
  protocol: PinProtocolVersion = 2,
): Promise<PinRequest> {
  const secret = await client.clientPin.agree(protocol);
  const newPinEnc = secret.encrypt(newPin);
  return {
    subCommand: 3,
    pinUvAuthProtocol: protocol,
    keyAgreement: secret.keyAgreement,
    newPinEnc,
    pinUvAuthParam: secret.authenticate(newPinEnc),
  };
}

export async function changePinRequest(
  client: CtapClient,
  newPin: Uint8Array = padded('5678'),
  protocol: PinProtocolVersion = 2,
  oldPin = pin,
): Promise<PinRequest> {
  const secret = await client.clientPin.agree(protocol);
  const [newPinEnc, pinHashEnc] = [secret.encrypt(newPin), secret.encrypt(hashOf(oldPin))];
  return {
    subCommand: 4,
    pinUvAuthProtocol: protocol,
    keyAgreement: secret.keyAgreement,
    newPinEnc,
    pinHashEnc,
    pinUvAuthParam: secret.authenticate(concatBytes(newPinEnc, pinHashEnc)),
  };
}

export async function tokenRequest(
  client: CtapClient,
  subCommand: 5 | 6 | 9,
  protocol: PinProtocolVersion = 2,
  entered = pin,
): Promise<PinRequest> {
  const secret = await client.clientPin.agree(protocol);
  return {
    subCommand,
    pinUvAuthProtocol: protocol,
    keyAgreement: secret.keyAgreement,
    ...(subCommand !== 6 && { pinHashEnc: secret.encrypt(hashOf(entered)) }),
    ...(subCommand !== 5 && { permissions: 3, rpId: site }),
  };
}

/** The request without one of its members. */
export function without(request: PinRequest, ...names: (keyof ClientPinRequest)[]): PinRequest {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !(names as string[]).includes(name)));
}
