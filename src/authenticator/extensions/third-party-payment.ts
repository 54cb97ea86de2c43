import { boolean } from '../../cbor/table.ts';
import type { Extension } from './extension.ts';

/** thirdPartyPayment (CTAP 2.3 §12.9): marks a credential for payments that another site starts. */
export const thirdPartyPayment: Extension = {
  name: 'thirdPartyPayment',
  create(input) {
    return boolean(input, 'thirdPartyPayment') ? { credential: { thirdPartyPayment: true } } : undefined;
  },
  get(input) {
    if (!boolean(input, 'thirdPartyPayment')) return undefined;
    return { output: ({ thirdPartyPayment: marked }) => ({ signed: marked }) };
  },
};
