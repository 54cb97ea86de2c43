import type { RemoteConsentEvent } from '../consent/remote-types.ts';
import type { CredentialUser } from '../ports/credential.ts';
import type { KeyEvent } from '../ports/events.ts';
import type { AppliedFault } from '../faults/fault.ts';
import type { TraceEntry } from '../trace/entry.ts';
import type { KeyDescription } from './handle.ts';

/** A command as it went over the wire, decoded, without secrets. */
export type CommandNote = Pick<
  TraceEntry,
  'number' | 'durationMs' | 'host' | 'channel' | 'command' | 'request' | 'response' | 'status' | 'cancelled'
> & {
  readonly protocol: 'ctap2' | 'u2f';
  /** Why the key refused, in its own words. */
  readonly detail?: string;
};

/** What a credential event shows: enough to find it, and no secret. */
export interface CredentialNote {
  readonly id: Uint8Array;
  readonly rpId?: string;
  readonly user?: CredentialUser;
  readonly signCount: number | null;
}

/** What happened to a key. `by` says whether a host did it over the wire, or somebody from outside. */
export type HostHappening =
  | { readonly type: 'key-created'; readonly description: KeyDescription }
  | { readonly type: 'key-removed' }
  | { readonly type: 'plugged'; readonly addresses: readonly string[] }
  | { readonly type: 'unplugged' }
  | {
      readonly type: 'credential-created' | 'credential-used' | 'credential-changed' | 'credential-deleted';
      readonly credential: CredentialNote;
      readonly by: 'host' | 'control';
    }
  | ({ readonly type: 'command' } & CommandNote)
  | ({ readonly type: 'fault' } & FaultNote)
  | RemoteConsentEvent
  | OtherKeyEvent;

/** The rule that was obeyed, by `rule`, and the request that it spoiled. */
export type FaultNote = Omit<AppliedFault, 'id' | 'time'> & { readonly rule: string };

/** Questions, answers and commands are told more of than the key itself tells. */
export type OtherKeyEvent = Exclude<KeyEvent, { readonly type: 'question' | 'answer' | 'command' | 'u2f' }>;

/** Numbered from 1 in order, without gaps, over all keys of the host. */
export type HostEvent = HostHappening & {
  readonly id: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Id of the key. */
  readonly key: string;
};
