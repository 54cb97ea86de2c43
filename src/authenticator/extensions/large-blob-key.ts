import { boolean } from '../../cbor/table.ts';
import type { CborValue } from '../../cbor/value.ts';
import { CtapError } from '../../ctap/error.ts';
import type { Extension } from './extension.ts';

function requireTrue(input: CborValue): void {
  if (!boolean(input, 'largeBlobKey')) throw new CtapError('INVALID_OPTION', 'largeBlobKey has to be true');
}

/** largeBlobKey (CTAP 2.3 §12.3): a key for the credential's entry in the large-blob array, outside the signature. */
export const largeBlobKey: Extension = {
  name: 'largeBlobKey',
  create(input, { discoverable, environment }) {
    requireTrue(input);
    if (!discoverable) throw new CtapError('INVALID_OPTION', 'largeBlobKey needs a discoverable credential');
    const key = environment.random.bytes(32);
    return { credential: { largeBlobKey: key }, output: () => ({ largeBlobKey: key }) };
  },
  get(input) {
    requireTrue(input);
    return { output: ({ largeBlobKey: key }) => (key ? { largeBlobKey: key } : {}) };
  },
};
