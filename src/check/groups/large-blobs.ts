import { cborMap } from '../../cbor/map.ts';
import type { CborMap } from '../../cbor/value.ts';
import { decodeLargeBlobArray, encodeLargeBlobArray } from '../../client/webauthn/large-blob-array.ts';
import { ctapCommand } from '../../ctap/command.ts';
import { permission } from '../../ctap/permission.ts';
import type { Bench } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { ensure, ensureBytes, expectStatus } from '../expect.ts';
import { canVerify, needs } from '../facts.ts';

async function send(bench: Bench, request: CborMap): Promise<void> {
  await (await bench.client()).request(ctapCommand.largeBlobs, request);
}

const writeToken = async (bench: Bench) =>
  canVerify(bench.facts) ? bench.token(permission.largeBlobWrite) : undefined;

const maxFragment = (bench: Bench): number => (bench.facts.info?.maxMsgSize ?? 1024) - 64;

/** authenticatorLargeBlobs (CTAP 2.3 §6.10). */
export const largeBlobsGroup: CheckGroup = {
  id: 'large-blobs',
  title: 'authenticatorLargeBlobs',
  section: '§6.10',
  checks: [
    ...withOptions({ needs: [needs.largeBlobs] }, [
      check(
        'large-blobs.read',
        '§6.10.2',
        'The array can be read by anybody, and its checksum is right',
        async (bench) => {
          const { largeBlobs } = await bench.client();
          const array = await largeBlobs.read(maxFragment(bench));
          ensure(
            decodeLargeBlobArray(bench.platform, array) !== undefined,
            'the array does not fit its checksum',
          );
        },
      ),
      check(
        'large-blobs.end',
        '§6.10.2',
        'A read at the end of the array is empty, and beyond it INVALID_PARAMETER',
        async (bench) => {
          const { largeBlobs } = await bench.client();
          const { length } = await largeBlobs.read(maxFragment(bench));
          ensure((await largeBlobs.getFragment(length, 10)).length === 0, 'a read at the end is not empty');
          await expectStatus(
            largeBlobs.getFragment(length + 1, 10),
            'asked beyond the end',
            'INVALID_PARAMETER',
          );
        },
      ),
      check(
        'large-blobs.too-much',
        '§6.10.2',
        'A read of more than a fragment is INVALID_LENGTH',
        async (bench) => {
          const { largeBlobs } = await bench.client();
          const run = largeBlobs.getFragment(0, maxFragment(bench) + 1);
          await expectStatus(run, 'asked for too much at once', 'INVALID_LENGTH');
        },
      ),
      check(
        'large-blobs.both',
        '§6.10.2',
        'get and set at once, or neither, is INVALID_PARAMETER',
        async (bench) => {
          const both = cborMap([
            [1, 10],
            [2, new Uint8Array(17)],
            [3, 0],
          ]);
          await expectStatus(send(bench, both), 'given get and set', 'INVALID_PARAMETER');
          await expectStatus(
            send(bench, cborMap([[3, 0]])),
            'given neither get nor set',
            'INVALID_PARAMETER',
          );
        },
      ),
      check(
        'large-blobs.offset',
        '§6.10.2',
        'A read without an offset is INVALID_PARAMETER',
        async (bench) => {
          await expectStatus(
            send(bench, cborMap([[1, 10]])),
            'asked without an offset',
            'INVALID_PARAMETER',
            'MISSING_PARAMETER',
          );
        },
      ),
    ]),
    ...withOptions({ needs: [needs.largeBlobs], state: 'pin', touch: true, replug: true }, [
      check('large-blobs.write', '§6.10.2', 'An array that is written is read back', async (bench) => {
        const { largeBlobs } = await bench.client();
        const before = await largeBlobs.read(maxFragment(bench));
        const element = cborMap([
          [1, bench.platform.random.bytes(900)],
          [2, bench.platform.random.bytes(12)],
          [3, 900],
        ]);
        const array = encodeLargeBlobArray(bench.platform, [element]);
        await largeBlobs.write(array, await writeToken(bench), 500);
        ensureBytes(await largeBlobs.read(maxFragment(bench)), array, 'the array that was written');
        await largeBlobs.write(before, await writeToken(bench), maxFragment(bench));
        ensureBytes(await largeBlobs.read(maxFragment(bench)), before, 'the array that was put back');
      }),
      check(
        'large-blobs.checksum',
        '§6.10.2',
        'A wrong checksum is INTEGRITY_FAILURE, and the old array stays',
        async (bench) => {
          const { largeBlobs } = await bench.client();
          const before = await largeBlobs.read(maxFragment(bench));
          const run = largeBlobs.write(new Uint8Array(40), await writeToken(bench), maxFragment(bench));
          await expectStatus(run, 'given a wrong checksum', 'INTEGRITY_FAILURE');
          ensureBytes(await largeBlobs.read(maxFragment(bench)), before, 'the array after a failure');
        },
      ),
      check('large-blobs.token', '§6.10.2', 'Nothing is written without a token', async (bench) => {
        const { largeBlobs } = await bench.client();
        const array = encodeLargeBlobArray(bench.platform, []);
        const run = largeBlobs.write(array, undefined, maxFragment(bench));
        await expectStatus(run, 'asked without a token', 'PUAT_REQUIRED', 'MISSING_PARAMETER');
      }),
      check('large-blobs.sequence', '§6.10.2', 'A fragment out of sequence is INVALID_SEQ', async (bench) => {
        const { largeBlobs } = await bench.client();
        const token = await writeToken(bench);
        await largeBlobs.setFragment({ fragment: new Uint8Array(20), offset: 0, length: 100 }, token);
        const run = largeBlobs.setFragment({ fragment: new Uint8Array(20), offset: 40 }, token);
        await expectStatus(run, 'given a fragment that does not follow', 'INVALID_SEQ');
      }),
      check(
        'large-blobs.full',
        '§6.10.2',
        'An array that is too large is LARGE_BLOB_STORAGE_FULL',
        async (bench) => {
          const { largeBlobs } = await bench.client();
          const length = (bench.facts.info?.maxSerializedLargeBlobArray ?? 1024) + 1;
          const run = largeBlobs.setFragment(
            { fragment: new Uint8Array(20), offset: 0, length },
            await writeToken(bench),
          );
          await expectStatus(run, 'given an array that is too large', 'LARGE_BLOB_STORAGE_FULL');
        },
      ),
    ]),
  ],
};
