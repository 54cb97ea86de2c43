import type { CborMap } from '../cbor/value.ts';
import type { AttestationRequest, AttestationStatement, Attester } from '../ports/attester.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeepAliveStatus } from '../ports/message-handler.ts';
import type { KeystoreProblem } from '../ports/keystore.ts';
import type { WrappedKey } from '../ports/port-wrappers.ts';
import type { Random } from '../ports/random.ts';
import type { FaultDescription, FaultParameters } from './fault.ts';
import type { FaultRequest } from './request.ts';

/** What an effect may look at while it bends something. */
export interface Bending {
  readonly request: FaultRequest;
  readonly parameters: FaultParameters;
  readonly key: WrappedKey;
  readonly clock: Clock;
  readonly random: Random;
  /** Kept as long as the rule: what it did before. */
  readonly memory: Map<string, number>;
}

/** A report on its way, `delay` milliseconds behind the one before it. */
export interface TimedReport {
  readonly report: Uint8Array;
  readonly delay: number;
}

export type Direction = 'to-host' | 'to-key';

/** When a key is pulled out, seen from one request. */
export type PlugMoment = 'before' | 'asking' | 'during' | 'after';

/** What can be turned into another of its kind, by the place where it is. */
export interface Bendables {
  'auth-data': Uint8Array;
  /** The id in a U2F registration. */
  'key-handle': Uint8Array;
  /** Of an assertion. */
  signature: Uint8Array;
  statement: AttestationStatement;
  /** The signature of a U2F registration. */
  'u2f-attestation': Uint8Array;
  /** The map of a response. */
  members: CborMap;
  /** The bytes behind the status of a response. */
  encoding: Uint8Array;
}

export type BendEffect<A extends keyof Bendables> = {
  readonly [P in A]: { readonly at: P; readonly bend: Bend<Bendables[P]> };
}[A];

/** Undefined: there is nothing here to spoil, and the rule is not spent. */
export type Bend<T> = (original: T, bending: Bending) => T | undefined;

/**
 * Where and how a fault takes hold. Authenticator data and the id of a U2F registration are bent before they are signed,
 * so that the signature over them is good; what comes later is not covered by any.
 */
export type Effect =
  /** Another answer than the key's: a CTAP status or a U2F status word as bytes; the command runs if it is carried out. */
  | {
      readonly at: 'answer';
      readonly protocol: 'ctap2' | 'u2f';
      answer(parameters: FaultParameters): Uint8Array;
      carriesOut(parameters: FaultParameters): boolean;
    }
  | BendEffect<keyof Bendables>
  /** Somebody else attests. */
  | {
      readonly at: 'attester';
      replace(bending: Bending): Promise<Pick<Attester, 'signU2f'> & StatementMaker>;
    }
  /** The reports of one message. */
  | { readonly at: 'reports'; readonly bend: Bend<readonly TimedReport[]> }
  | { readonly at: 'keep-alive' }
  | { readonly at: 'hang'; status(parameters: FaultParameters): KeepAliveStatus }
  | { readonly at: 'hid-error'; code(parameters: FaultParameters): number }
  | { readonly at: 'plug'; replugAfter(parameters: FaultParameters): number | undefined }
  | {
      readonly at: 'storage';
      readonly problem: KeystoreProblem;
      fails(access: StorageAccess, parameters: FaultParameters): boolean;
    };

export interface StatementMaker {
  attest(request: AttestationRequest): Promise<AttestationStatement>;
}

export type StorageAccess = 'read' | 'write';

export type EffectAt = Effect['at'];
export type EffectOf<A extends EffectAt> = Extract<Effect, { readonly at: A }>;

/** An entry of the catalogue with what makes it happen. */
export interface FaultDefinition {
  readonly description: FaultDescription;
  readonly effects: readonly Effect[];
}
