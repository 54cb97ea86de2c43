import { boolean } from '../../cbor/table.ts';
import * as features from '../features.ts';
import type { Extension } from './extension.ts';

/** minPinLength (CTAP 2.3 §12.5): only RPs on the list learn the minimum; to others it is as if unsupported. */
export const minPinLength: Extension = {
  name: 'minPinLength',
  create(input, { environment, rpId }) {
    if (!boolean(input, 'minPinLength') || !features.isMinPinLengthRp(environment, rpId)) return undefined;
    return { output: () => ({ signed: features.minPinLength(environment) }) };
  },
};

/** pinComplexityPolicy (CTAP 2.3 §12.6), for the same RPs. */
export const pinComplexityPolicy: Extension = {
  name: 'pinComplexityPolicy',
  create(input, { environment, rpId }) {
    if (!boolean(input, 'pinComplexityPolicy') || !features.isMinPinLengthRp(environment, rpId))
      return undefined;
    return { output: () => ({ signed: features.pinComplexityPolicy(environment) ?? false }) };
  },
};
