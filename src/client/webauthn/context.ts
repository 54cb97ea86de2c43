import type { UserEntity } from '../../ctap/entities.ts';
import type { GetInfoResponse } from '../../ctap/messages/get-info.ts';
import type { CtapClient } from '../ctap-client.ts';
import type { PinProtocolVersion } from '../pin-protocol.ts';
import type { LargeBlobCompression } from './large-blob-array.ts';
import type { PublicSuffixTest } from './origin.ts';

/** A question for a PIN. Lengths are in code points. */
export type PinQuestion =
  | { readonly purpose: 'enter'; readonly retriesLeft: number; readonly lastWasWrong: boolean }
  /** The key has no PIN yet, and the ceremony needs one. */
  | { readonly purpose: 'set'; readonly minLength: number }
  /** The key wants a new PIN before it goes on. */
  | { readonly purpose: 'change'; readonly minLength: number };

/** The person in front of the browser. */
export interface WebAuthnUser {
  /** Resolves to undefined when the user gives up. Without this function nobody can enter a PIN. */
  askPin?(question: PinQuestion): Promise<string | undefined>;
  /** Resolves to an index, or to undefined when the user gives up. Without it the newest account is taken. */
  chooseAccount?(accounts: readonly UserEntity[]): Promise<number | undefined>;
  /** The key waits for a touch. */
  touchNeeded?(): void;
}

/** How a page sees the key: plugged in from outside, or part of the machine. */
export type Attachment = 'cross-platform' | 'platform';

/** What a browser decides for all its pages. */
export interface WebAuthnPolicy {
  readonly user: WebAuthnUser;
  /** `cross-platform` unless given. A platform authenticator tells pages the transport `internal`. */
  readonly attachment?: Attachment;
  /** Raw DEFLATE of large blobs; without it the largeBlob extension is not supported. */
  readonly compression?: LargeBlobCompression;
  readonly isPublicSuffix?: PublicSuffixTest;
  /** Whether an RP may have enterprise attestation by decision of the platform. */
  allowsEnterpriseAttestation?(rpId: string): boolean;
}

/** One ceremony with one key. */
export interface CeremonyContext {
  readonly ctap: CtapClient;
  readonly info: GetInfoResponse;
  readonly policy: WebAuthnPolicy;
  readonly rpId: string;
  readonly signal: AbortSignal;
}

export function hasExtension({ info }: CeremonyContext, name: string): boolean {
  return info.extensions?.includes(name) ?? false;
}

export function option({ info }: CeremonyContext, name: string): boolean | undefined {
  return info.options?.get(name);
}

/** The newest PIN/UV auth protocol that the key and this client know. */
export function pinProtocol({ info }: CeremonyContext): PinProtocolVersion | undefined {
  if (info.pinUvAuthProtocols?.includes(2)) return 2;
  return info.pinUvAuthProtocols?.includes(1) ? 1 : undefined;
}

export function attachmentOf({ policy }: CeremonyContext): Attachment {
  return policy.attachment ?? 'cross-platform';
}

/** Options for a command that may wait for the user. */
export function touchOptions({ signal, policy }: CeremonyContext): {
  readonly signal: AbortSignal;
  onKeepAlive(status: string): void;
} {
  let told = false;
  return {
    signal,
    onKeepAlive: (status) => {
      if (status !== 'upneeded' || told) return;
      told = true;
      policy.user.touchNeeded?.();
    },
  };
}

/** What the user answers, unless the ceremony ends first: then the signal's reason is thrown, and nobody waits for them. */
export async function untilAborted<T>(
  signal: AbortSignal,
  answer: Promise<T> | undefined,
): Promise<T | undefined> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
