import { algorithmName, coseAlgorithm } from '../../../src/cose/algorithm.ts';
import type { CoseAlgorithm } from '../../../src/cose/algorithm.ts';
import { algorithmSpec } from '../../../src/cose/algorithm-table.ts';
import { publicKeyParameters } from '../../../src/client/ctap-client.ts';
import { bareAlgorithm } from '../bare.ts';
import { openHost, requireSuccess } from '../host.ts';
import type { Effort } from '../measure.ts';
import { measure } from '../measure.ts';
import type { Row } from '../report.ts';
import { atMost, sides } from '../report.ts';

/** An assertion costs at most twice the bare signature, with ES256. */
const es256Target = atMost(2);

/** For each algorithm, the whole key against the same library alone; times, so less is better. Three in the quick form. */
export async function algorithms(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  const { ES256, EdDSA, RS256 } = coseAlgorithm;
  const chosen = effort.quick ? [ES256, EdDSA, RS256] : Object.values(coseAlgorithm);
  for (const alg of chosen) rows.push(...(await algorithm(alg, effort)));
  return rows;
}

async function algorithm(alg: CoseAlgorithm, effort: Effort): Promise<Row[]> {
  const name = algorithmName(alg) ?? String(alg);
  const isRsa = algorithmSpec(alg).kty === 'RSA';
  const bare = bareAlgorithm(alg);
  const host = await openHost({ profile: { algorithms: [alg] } });
  const pubKeyCredParams = publicKeyParameters(alg);
  const id = await host.register({ pubKeyCredParams });
  const assertion = host.getAssertion('example.com', id);
  const creation = host.makeCredential({ pubKeyCredParams });
  await requireSuccess(assertion);
  await requireSuccess(creation);
  const used = await measure({ ours: assertion, bare: bare.signer() }, effort);
  const made = await measure({ ours: creation, bare: () => bare.generateAndSign() }, effort);
  return [
    {
      what: `${name} assertion`,
      value: used.ours / used.bare,
      unit: '×',
      sides: sides(used.ours, used.bare),
      ...(alg === coseAlgorithm.ES256 && { target: es256Target }),
    },
    {
      what: `${name} creation`,
      value: made.ours / made.bare,
      unit: '×',
      sides: sides(made.ours, made.bare),
      ...(isRsa && { note: 'finding primes, which takes a different time each time; without the pool' }),
    },
  ];
}
