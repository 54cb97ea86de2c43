import type { Attester } from './attester.ts';
import type { CryptoProvider } from './crypto.ts';
import type { HidEndpoint } from './hid.ts';
import type { Keystore } from './keystore.ts';
import type { MessageHandler } from './message-handler.ts';

/** What a wrapper may have to know of the key that it is put into; none of it is wrapped. */
export interface WrappedKey {
  readonly name: string;
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
  readonly keystore: Keystore;
  readonly crypto: CryptoProvider;
}

/**
 * Functions that put something around the ports of one key: faults, a trace, a counter of calls. Each gets what is
 * there and returns what the key shall use in its place. The key does not know of them.
 */
export interface PortWrappers {
  crypto?(inner: CryptoProvider, key: WrappedKey): CryptoProvider;
  /** The store as the authenticator and the attester see it; whoever administers the key has the true one. */
  keystore?(inner: Keystore, key: WrappedKey): Keystore;
  /** Certificates are signed with the true cryptography, self attestation with the wrapped one. */
  attester?(inner: Attester, key: WrappedKey): Attester;
  handler?(inner: MessageHandler, key: WrappedKey): MessageHandler;
  /** The CTAPHID engine as all transports see it. */
  endpoint?(inner: HidEndpoint, key: WrappedKey): HidEndpoint;
}
