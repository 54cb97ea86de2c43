import { CtapError } from '../../ctap/error.ts';
import type { Extension } from './extension.ts';
import { evaluateSalts, readSalts } from './hmac-secret.ts';

/** hmac-secret-mc (CTAP 2.3 §12.8): the secret already at creation, the same that getAssertion gives later. */
export const hmacSecretMc: Extension = {
  name: 'hmac-secret-mc',
  create(input, { environment, inputs, userVerified }) {
    if (inputs.get('hmac-secret') !== true) {
      throw new CtapError('MISSING_PARAMETER', 'hmac-secret-mc goes with hmac-secret: true');
    }
    const salts = readSalts(environment, input, true);
    return {
      output: (credential) => ({ signed: evaluateSalts(environment, salts, credential, userVerified) }),
    };
  },
};
