import { boolean, bytes } from '../../cbor/table.ts';
import type { Extension } from './extension.ts';

/** credBlob (CTAP 2.3 §12.2). A blob that cannot be stored is reported as false; it is not an error. */
export const credBlob: Extension = {
  name: 'credBlob',
  create(input, { discoverable, environment }) {
    const blob = bytes(input, 'credBlob');
    const stored = discoverable && blob.length <= (environment.profile.maxCredBlobLength ?? 0);
    return { ...(stored && { credential: { credBlob: blob } }), output: () => ({ signed: stored }) };
  },
  get(input) {
    if (!boolean(input, 'credBlob')) return undefined;
    return { output: (credential) => ({ signed: credential.credBlob ?? new Uint8Array() }) };
  },
};
