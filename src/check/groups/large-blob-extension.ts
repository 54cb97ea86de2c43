import { cborMap } from '../../cbor/map.ts';
import type { CborValue } from '../../cbor/value.ts';
import type { Bench, Made } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { describeValue, ensure, ensureBytes, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';

const name = 'largeBlob';

const create = (support: string): CborValue => cborMap([['support', support]]);
const read = cborMap([['read', true]]);
const write = (data: Uint8Array): CborValue =>
  cborMap([
    ['write', data],
    ['originalSize', data.length],
  ]);

/** What the key says beside its signature. */
function outputOf(unsigned: ReadonlyMap<unknown, CborValue> | undefined): ReadonlyMap<unknown, CborValue> {
  const output = unsigned?.get(name);
  ensure(output instanceof Map, 'the answer has no unsigned output of largeBlob');
  return output as ReadonlyMap<unknown, CborValue>;
}

const register = (bench: Bench): Promise<Made> =>
  bench.register({ extensions: { [name]: create('required') } });

async function operate(bench: Bench, made: Made, input: CborValue) {
  const { assertion } = await bench.assert(made, { extensions: { [name]: input } });
  return assertion.unsignedExtensionOutputs;
}

/** largeBlob, where the key keeps the blob with its credential (CTAP 2.3 §12.4). */
export const largeBlobExtensionGroup: CheckGroup = {
  id: 'large-blob-extension',
  title: 'The extension largeBlob',
  section: '§12.4',
  checks: withOptions({ needs: [needs.registration, needs.extension(name)], touch: true }, [
    check(
      'large-blob-extension.supported',
      '§12.4',
      'A registration says that blobs are kept',
      async (bench) => {
        for (const support of ['required', 'preferred']) {
          const { registration } = await bench.register({ extensions: { [name]: create(support) } });
          const supported = outputOf(registration.unsignedExtensionOutputs).get('supported');
          ensure(supported === true, `supported is ${describeValue(supported ?? null)} for ${support}`);
        }
      },
    ),
    check('large-blob-extension.write', '§12.4', 'A blob that is written is read back', async (bench) => {
      const made = await register(bench);
      const blob = bench.platform.random.bytes(200);
      const written = outputOf(await operate(bench, made, write(blob))).get('written');
      ensure(written === true, `written is ${describeValue(written ?? null)}`);
      const output = outputOf(await operate(bench, made, read));
      const [stored, originalSize] = [output.get('blob'), output.get('originalSize')];
      ensure(stored instanceof Uint8Array, 'the blob is not bytes');
      ensureBytes(stored, blob, 'the blob that was written');
      ensure(originalSize === blob.length, `originalSize is ${describeValue(originalSize ?? null)}`);
    }),
    check('large-blob-extension.own', '§12.4', 'Each credential has a blob of its own', async (bench) => {
      const [first, second] = [await register(bench), await register(bench)];
      await operate(bench, first, write(bench.platform.random.bytes(40)));
      const output = (await operate(bench, second, read))?.get(name);
      const blob =
        output instanceof Map ? (output as ReadonlyMap<unknown, CborValue>).get('blob') : undefined;
      ensure(blob === undefined, 'another credential has the blob that was written');
    }),
    check(
      'large-blob-extension.input',
      '§12.4',
      'An input that is neither reading nor writing is refused',
      async (bench) => {
        const made = await register(bench);
        const both = cborMap([
          ['read', true],
          ['write', new Uint8Array(3)],
        ]);
        const statuses = [
          'INVALID_CBOR',
          'INVALID_OPTION',
          'INVALID_PARAMETER',
          'CBOR_UNEXPECTED_TYPE',
        ] as const;
        await expectStatus(operate(bench, made, both), 'asked for both', ...statuses);
        await expectStatus(operate(bench, made, cborMap([])), 'asked for neither', ...statuses);
      },
    ),
  ]),
};
