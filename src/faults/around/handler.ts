import { decodeCbor } from '../../cbor/decode.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import { CborError } from '../../cbor/error.ts';
import type { CborMap } from '../../cbor/value.ts';
import { concatBytes, sameBytes } from '../../ctap/bytes.ts';
import { ctapStatus } from '../../ctap/status.ts';
import { hidCommand } from '../../ctaphid/command.ts';
import type { MessageHandler, Transaction } from '../../ports/message-handler.ts';
import type { FaultRequest, Replaced } from '../request.ts';
import type { FaultSession } from './session.ts';

/** The authenticator with another answer in place of its own, or none. */
export function wrapHandler(session: FaultSession, inner: MessageHandler): MessageHandler {
  return {
    get speaksU2f() {
      return inner.speaksU2f;
    },
    get speaksCtap2() {
      return inner.speaksCtap2;
    },
    wink: () => inner.wink(),
    cbor(message, transaction) {
      const { channel } = transaction;
      const request = session.requestOf({ channel, command: hidCommand.cbor, payload: message });
      return during(session, request, () =>
        answer(session, request, transaction, {
          protocol: 'ctap2',
          cancelled: Uint8Array.of(ctapStatus.KEEPALIVE_CANCEL),
          run: () => inner.cbor(message, transaction),
          bend: (response) => bendCtap(session, request, response),
        }),
      );
    },
    msg(apdu, transaction) {
      const { channel } = transaction;
      const request = session.requestOf({ channel, command: hidCommand.msg, payload: apdu });
      return during(session, request, () =>
        answer(session, request, transaction, {
          protocol: 'u2f',
          cancelled: Uint8Array.of(0x6f, 0x00),
          run: () => inner.msg(apdu, transaction),
          bend: (response) => bendU2f(request, response),
        }),
      );
    },
  };
}

async function during<T>(session: FaultSession, request: FaultRequest, run: () => Promise<T>): Promise<T> {
  session.current = request;
  try {
    return await run();
  } finally {
    session.current = undefined;
  }
}

interface Exchange {
  readonly protocol: 'ctap2' | 'u2f';
  /** The answer of a command that was cancelled while it hung; nobody reads it but after CANCEL. */
  readonly cancelled: Uint8Array;
  run(): Promise<Uint8Array>;
  bend(response: Uint8Array): Uint8Array;
}

async function answer(
  session: FaultSession,
  request: FaultRequest,
  transaction: Transaction,
  exchange: Exchange,
): Promise<Uint8Array> {
  if (await hang(session, request, transaction)) return exchange.cancelled;
  const instead = session
    .matching('answer', request)
    .find(({ effect }) => effect.protocol === exchange.protocol);
  if (!instead) return exchange.bend(await exchange.run());
  const { rule, effect } = instead;
  session.commit(rule, request);
  if (effect.carriesOut(rule.parameters)) await exchange.run();
  return effect.answer(rule.parameters);
}

/** Waits as long as a rule says so. True if the host gave up in the meantime. */
async function hang(
  session: FaultSession,
  request: FaultRequest,
  transaction: Transaction,
): Promise<boolean> {
  const [match] = session.matching('hang', request);
  if (!match) return false;
  session.commit(match.rule, request);
  const { signal } = transaction;
  transaction.setStatus(match.effect.status(match.rule.parameters));
  await new Promise<void>((resolve) => {
    const stopListening = session.book.onRemoved(() => {
      if (match.rule.removed) end();
    });
    const end = (): void => {
      stopListening();
      signal.removeEventListener('abort', end);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
  return signal.aborted;
}

/** A response of a CTAP2 command, with its status byte. Errors and answers without a map are left alone. */
function bendCtap(session: FaultSession, request: FaultRequest, response: Uint8Array): Uint8Array {
  const members = response[0] === ctapStatus.OK ? readMap(response.subarray(1)) : undefined;
  if (!members) return response;
  const signed = withAuthData(members, request.authData);
  const bent = session.bend('members', request, signed);
  const body = bent === members ? response.subarray(1) : encodeCbor(bent);
  const encoded = session.bend('encoding', request, body);
  return concatBytes(Uint8Array.of(ctapStatus.OK), encoded);
}

function readMap(body: Uint8Array): CborMap | undefined {
  if (body.length === 0) return undefined;
  try {
    const value = decodeCbor(body);
    return value instanceof Map ? (value as CborMap) : undefined;
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}

/** The key of authData in responses of makeCredential and getAssertion alike (CTAP 2.3 §6.1, §6.2). */
const authDataKey = 0x02;

function withAuthData(members: CborMap, replaced: Replaced | undefined): CborMap {
  const authData = members.get(authDataKey);
  if (!replaced || !(authData instanceof Uint8Array) || !sameBytes(authData, replaced.from)) return members;
  return new Map([...members, [authDataKey, replaced.to]]);
}

const u2fFlagsAndCounter = 5;
/** In a registration: reserved byte and public key come before the length of the key handle (U2F raw messages §4.3). */
const keyHandleLengthAt = 66;

function bendU2f({ authData, command, keyHandle }: FaultRequest, response: Uint8Array): Uint8Array {
  // A status word alone is a refusal.
  if (response.length === 2) return response;
  if (command === 'u2fAuthenticate' && authData) {
    return concatBytes(authData.to.subarray(32, 37), response.subarray(u2fFlagsAndCounter));
  }
  if (command === 'u2fRegister' && keyHandle) {
    return concatBytes(
      response.subarray(0, keyHandleLengthAt),
      Uint8Array.of(keyHandle.to.length),
      keyHandle.to,
      response.subarray(keyHandleLengthAt + 1 + keyHandle.from.length),
    );
  }
  return response;
}
