import { CborError } from '../cbor/error.ts';
import { concatBytes } from '../ctap/bytes.ts';
import { CtapError } from '../ctap/error.ts';
import { ctapStatus, type CtapStatus } from '../ctap/status.ts';
import { KeystoreError } from '../ports/keystore.ts';
import type { MessageHandler, Transaction } from '../ports/message-handler.ts';
import { findCommand } from './dispatch.ts';
import type { AuthenticatorPorts, Environment } from './environment.ts';
import { speaksCtap2, speaksU2f } from './features.ts';
import { RpIdHashes } from './rp-id-hashes.ts';
import { Continuation } from './state/continuation.ts';
import { PowerCycle } from './state/power-cycle.ts';
import { Scratch } from './state/scratch.ts';
import { createU2f } from './u2f/u2f.ts';

/** The authenticator: decides, and knows nothing of reports, files or terminals. */
export interface Authenticator extends MessageHandler {
  /** Forgets everything that does not survive pulling the key out (CTAP 2.3 §6.5.2, §6.6). */
  powerCycle(): void;
}

export function createAuthenticator(ports: AuthenticatorPorts): Authenticator {
  const environment: Environment = {
    ...ports,
    power: new PowerCycle(ports.clock, ports.random, ports.crypto),
    continuation: new Continuation(ports.clock),
    scratch: new Scratch(),
    rpIdHashes: new RpIdHashes(ports.crypto),
  };
  const u2f = createU2f(environment);
  let generation = ports.keystore.generation;

  /** Another party changed the store: what was derived from the old state is void. */
  function noticeOutsideChanges(): void {
    if (ports.keystore.generation === generation) return;
    generation = ports.keystore.generation;
    environment.power.resetTokens();
    environment.power.enrollment = undefined;
    environment.continuation.clear();
  }

  return {
    get speaksU2f() {
      return speaksU2f(environment);
    },
    speaksCtap2: speaksCtap2(ports),
    async cbor(message, transaction) {
      return runCommand(environment, message, transaction, noticeOutsideChanges);
    },
    async msg(apdu, transaction) {
      environment.continuation.clear();
      return u2f.handle(apdu, transaction);
    },
    wink: () => ports.consent.wink?.(ports.name),
    powerCycle() {
      environment.power.restart();
      environment.continuation.clear();
      u2f.powerCycle();
      ports.emit({ type: 'power-cycle' });
    },
  };
}

/** One message in, one message out. This is the only place where errors become status bytes. */
async function runCommand(
  environment: Environment,
  message: Uint8Array,
  transaction: Transaction,
  noticeOutsideChanges: () => void,
): Promise<Uint8Array> {
  const { emit, profile } = environment;
  const command = findCommand(profile, message[0]);
  const name = command?.name ?? 'unknown';
  const { channel } = transaction;
  try {
    noticeOutsideChanges();
    const continued = environment.continuation.take(channel);
    if (message.length > profile.maxMsgSize)
      throw new CtapError('REQUEST_TOO_LARGE', `${message.length} bytes`);
    if (!command) throw new CtapError('INVALID_COMMAND', 'no such command');
    const response = await command.run(environment, message.subarray(1), transaction, continued);
    emit({ type: 'command', channel, name, status: ctapStatus.OK });
    return concatBytes(Uint8Array.of(ctapStatus.OK), response);
  } catch (error) {
    const status = statusOf(error);
    if (status === ctapStatus.OTHER) emit({ type: 'defect', error });
    emit({
      type: 'command',
      channel,
      name,
      status,
      detail: error instanceof Error ? error.message : 'defect',
    });
    return Uint8Array.of(status);
  } finally {
    // What waits for its next command may need its secrets again.
    if (!environment.continuation.isPending) environment.scratch.wipe();
  }
}

const cborStatus = {
  malformed: ctapStatus.INVALID_CBOR,
  'unexpected-type': ctapStatus.CBOR_UNEXPECTED_TYPE,
  'missing-member': ctapStatus.MISSING_PARAMETER,
} as const;

function statusOf(error: unknown): CtapStatus {
  if (error instanceof CtapError) return error.status;
  if (error instanceof CborError) return cborStatus[error.problem];
  if (error instanceof KeystoreError && error.problem === 'full') return ctapStatus.KEY_STORE_FULL;
  return ctapStatus.OTHER;
}
