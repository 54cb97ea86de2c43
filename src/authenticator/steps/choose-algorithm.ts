import type { CoseAlgorithm } from '../../cose/algorithm.ts';
import { publicKeyType, type CredentialParameters } from '../../ctap/entities.ts';
import { CtapError } from '../../ctap/error.ts';
import type { Environment } from '../environment.ts';

/** The first algorithm in the relying party's order that this key offers (CTAP 2.3 §6.1.2 step 3). */
export function chooseAlgorithm(
  { profile }: Environment,
  parameters: readonly CredentialParameters[],
): CoseAlgorithm {
  for (const { alg, type } of parameters) {
    const offered = profile.algorithms.find((algorithm) => algorithm === alg);
    if (type === publicKeyType && offered !== undefined) return offered;
  }
  throw new CtapError('UNSUPPORTED_ALGORITHM', 'none of the requested algorithms is offered');
}
