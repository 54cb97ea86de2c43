import type { PortWrappers, WrappedKey } from '../../ports/port-wrappers.ts';
import type { RuleBook } from '../rule-book.ts';
import { wrapAttester } from './attester.ts';
import { wrapCrypto } from './crypto.ts';
import { wrapEndpoint } from './endpoint.ts';
import { wrapHandler } from './handler.ts';
import { wrapKeystore } from './keystore.ts';
import { FaultSession, type SessionOptions } from './session.ts';

/** Wrappers that commit the faults of a book around the key that they are given to. */
export function wrapAll(book: RuleBook, options: SessionOptions): PortWrappers {
  let session: FaultSession | undefined;
  const sessionOf = (key: WrappedKey): FaultSession => (session ??= new FaultSession(book, options, key));
  return {
    crypto: (inner, key) => wrapCrypto(sessionOf(key), inner),
    keystore: (inner, key) => wrapKeystore(sessionOf(key), inner),
    attester: (inner, key) => wrapAttester(sessionOf(key), inner),
    handler: (inner, key) => wrapHandler(sessionOf(key), inner),
    endpoint: (inner, key) => wrapEndpoint(sessionOf(key), inner),
  };
}
