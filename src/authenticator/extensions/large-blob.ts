import { CborError } from '../../cbor/error.ts';
import { cborMap } from '../../cbor/map.ts';
import type { CborMap, CborValue } from '../../cbor/value.ts';
import type { Extension, ExtensionOutput } from './extension.ts';

function malformed(message: string): never {
  throw new CborError('malformed', `largeBlob ${message}`);
}

/** The input as a map with exactly these members; another shape is INVALID_CBOR (CTAP 2.3 §12.4). */
function readMap(input: CborValue, allowed: readonly string[]): CborMap {
  if (!(input instanceof Map)) malformed('is not a map');
  const map = input as CborMap;
  if ([...map.keys()].some((key) => typeof key !== 'string' || !allowed.includes(key))) {
    malformed('has an unknown member');
  }
  return map;
}

/** What getAssertion asks for: reading, or writing a blob that the platform has compressed. */
type Operation =
  { readonly write?: undefined } | { readonly write: Uint8Array; readonly originalSize: number };

function readOperation(input: CborValue): Operation {
  const map = readMap(input, ['read', 'write', 'originalSize']);
  const [read, write, originalSize] = [map.get('read'), map.get('write'), map.get('originalSize')];
  if (read === true && map.size === 1) return {};
  if (
    write instanceof Uint8Array &&
    typeof originalSize === 'number' &&
    originalSize >= 0 &&
    map.size === 2
  ) {
    return { write, originalSize };
  }
  return malformed('asks neither to read nor to write');
}

function output(members: Iterable<readonly [string, CborValue]>): ExtensionOutput {
  return { unsigned: cborMap(members) };
}

/**
 * largeBlob (CTAP 2.3 §12.4): the blob is stored with the credential, as it comes. Every credential of this key can have
 * one, so that one made without the extension may serve later.
 */
export const largeBlob: Extension = {
  name: 'largeBlob',
  create(input) {
    const support = readMap(input, ['support']).get('support');
    if (support !== 'required' && support !== 'preferred') malformed('support is unknown');
    return { output: () => output([['supported', true]]) };
  },
  get(input, { environment, hasAllowList, userPresence }) {
    const operation = readOperation(input);
    if (operation.write === undefined) {
      return {
        output: ({ largeBlob: stored }) =>
          stored
            ? output([['blob', stored.data] as const, ['originalSize', stored.originalSize] as const])
            : {},
      };
    }
    const { originalSize, write } = operation;
    const fits = write.length <= (environment.profile.largeBlobExtension?.capacity ?? 0);
    const written = hasAllowList && userPresence && fits;
    return {
      output: () => ({
        ...output([['written', written]]),
        ...(written && { change: { largeBlob: { data: write, originalSize } } }),
      }),
    };
  },
};
