import { coseAlgorithm } from '../../../src/cose/algorithm.ts';
import { bareAlgorithm } from '../bare.ts';
import { openHost, requireSuccess } from '../host.ts';
import type { Effort } from '../measure.ts';
import { measure } from '../measure.ts';
import type { Row } from '../report.ts';
import { atLeast, sides } from '../report.ts';

/** ES256 with the memory store, as rates: how much of OpenSSL's own speed is left. */
export async function memory(effort: Effort): Promise<Row[]> {
  const bare = bareAlgorithm(coseAlgorithm.ES256);
  const host = await openHost();
  const assertion = host.getAssertion('example.com', await host.register());
  const creation = host.makeCredential();
  await requireSuccess(assertion);
  await requireSuccess(creation);
  const used = await measure({ ours: assertion, bare: bare.signer() }, effort);
  const made = await measure({ ours: creation, bare: () => bare.generateAndSign() }, effort);
  return [
    {
      what: 'getAssertion, of the bare signature rate',
      value: used.bare / used.ours,
      unit: '×',
      target: atLeast(0.6),
      sides: sides(used.ours, used.bare),
    },
    {
      what: 'makeCredential, of the bare rate of key generation and signature',
      value: made.bare / made.ours,
      unit: '×',
      target: atLeast(0.5),
      sides: sides(made.ours, made.bare),
    },
  ];
}
