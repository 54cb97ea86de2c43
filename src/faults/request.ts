import { decodeCbor } from '../cbor/decode.ts';
import { CborError } from '../cbor/error.ts';
import type { CborKey, CborValue } from '../cbor/value.ts';
import { ctapCommand } from '../ctap/command.ts';
import { hidCommand } from '../ctaphid/command.ts';
import type { FaultCommand } from './fault.ts';
import type { Rule } from './rule-book.ts';

/** Something that was replaced on its way, so that its other occurrences can be found. */
export interface Replaced {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** What a request is about, as far as rules look at it. */
interface Subject {
  readonly command: FaultCommand;
  readonly rpId?: string;
  /** 32 bytes: SHA-256 of the RP ID, where only that is known. */
  readonly rpIdHash?: Uint8Array;
  /** 32 bytes; in U2F the challenge parameter. */
  readonly clientDataHash?: Uint8Array;
}

/** One request of a host, followed until it is answered. */
export interface FaultRequest extends Subject {
  readonly channel: number;
  /** Without bit 7. */
  readonly hidCommand: number;
  readonly payload: Uint8Array;
  /** Rules that spoiled it: they go on to the end of the request, also if that was their last one. */
  readonly applied: Set<Rule>;
  authData?: Replaced;
  keyHandle?: Replaced;
  /** Tells credentials apart that have signed for it. */
  signer?: string;
}

export interface HidMessage {
  readonly channel: number;
  /** Without bit 7. */
  readonly command: number;
  readonly payload: Uint8Array;
}

/** Reads what a message asks for. `before` is the last assertion on the channel, which getNextAssertion goes on with. */
export function describeRequest({ channel, command, payload }: HidMessage, before?: Subject): FaultRequest {
  return {
    ...subjectOf(command, payload, before),
    channel,
    hidCommand: command,
    payload,
    applied: new Set(),
  };
}

const hidNames = new Map<number, FaultCommand>([
  [hidCommand.init, 'init'],
  [hidCommand.ping, 'ping'],
  [hidCommand.wink, 'wink'],
  [hidCommand.lock, 'lock'],
]);

function subjectOf(command: number, payload: Uint8Array, before: Subject | undefined): Subject {
  if (command === hidCommand.cbor) return ctapSubject(payload, before);
  if (command === hidCommand.msg) return u2fSubject(payload);
  return { command: hidNames.get(command) ?? 'unknown' };
}

const ctapNames = new Map<number, FaultCommand>(
  Object.entries(ctapCommand).map(([name, byte]) => [byte, name as keyof typeof ctapCommand]),
);

type Members = ReadonlyMap<CborKey, CborValue>;

function ctapSubject(payload: Uint8Array, before: Subject | undefined): Subject {
  const command = ctapNames.get(payload[0] ?? -1) ?? 'unknown';
  const members = readMembers(payload.subarray(1));
  switch (command) {
    case 'makeCredential':
      return { command, ...text('rpId', asMap(members.get(0x02)).get('id')), ...hash(members.get(0x01)) };
    case 'getAssertion':
      return {
        command: asMap(members.get(0x05)).get('up') === false ? 'silentAssertion' : command,
        ...text('rpId', members.get(0x01)),
        ...hash(members.get(0x02)),
      };
    case 'getNextAssertion':
      return { ...before, command };
    case 'clientPin':
      return { command, ...text('rpId', members.get(0x0a)) };
    case 'credentialManagement':
    case 'credentialManagementPreview':
      return { command, ...rpIdHash(asMap(members.get(0x02)).get(0x01)) };
    default:
      return { command };
  }
}

function readMembers(bytes: Uint8Array): Members {
  try {
    return bytes.length === 0 ? new Map() : asMap(decodeCbor(bytes));
  } catch (error) {
    if (error instanceof CborError) return new Map();
    throw error;
  }
}

function asMap(value: CborValue | undefined): Members {
  return value instanceof Map ? (value as Members) : new Map();
}

function text(name: 'rpId', value: CborValue | undefined): { readonly rpId?: string } {
  return typeof value === 'string' ? { [name]: value } : {};
}

function hash(value: CborValue | undefined): { readonly clientDataHash?: Uint8Array } {
  return value instanceof Uint8Array ? { clientDataHash: value } : {};
}

function rpIdHash(value: CborValue | undefined): { readonly rpIdHash?: Uint8Array } {
  return value instanceof Uint8Array ? { rpIdHash: value } : {};
}

const instruction = { register: 0x01, authenticate: 0x02, version: 0x03 } as const;
const checkOnly = 0x07;

/** The data of a U2F command starts with challenge and application, 32 bytes each (U2F raw messages §4.1, §5.1). */
function u2fSubject(apdu: Uint8Array): Subject {
  const [, ins, p1] = apdu;
  if (ins === instruction.version) return { command: 'u2fVersion' };
  if (ins !== instruction.register && ins !== instruction.authenticate) return { command: 'unknown' };
  // Short form has one byte of length, extended form a zero and two.
  const start = apdu[4] === 0 ? 7 : 5;
  const parts = {
    clientDataHash: apdu.slice(start, start + 32),
    rpIdHash: apdu.slice(start + 32, start + 64),
  };
  if (ins === instruction.register) return { command: 'u2fRegister', ...parts };
  return { command: p1 === checkOnly ? 'u2fCheckOnly' : 'u2fAuthenticate', ...parts };
}
