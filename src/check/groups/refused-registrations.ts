import { decodeCbor } from '../../cbor/decode.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import type { CborKey, CborMap, CborValue } from '../../cbor/value.ts';
import { encodeMakeCredential, publicKeyParameters } from '../../client/ctap-client.ts';
import { concatBytes } from '../../ctap/bytes.ts';
import { ctapCommand } from '../../ctap/command.ts';
import { permission } from '../../ctap/permission.ts';
import type { Bench } from '../bench.ts';
import { check, CheckSkip, withOptions, type Check } from '../check.ts';
import { expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';

/** The request as a map that a check may spoil. */
export async function requestMap(bench: Bench): Promise<Map<CborKey, CborValue>> {
  const proof = await bench.proof(permission.makeCredential);
  return new Map(encodeMakeCredential(bench.request(proof)));
}

export async function send(bench: Bench, request: CborValue): Promise<void> {
  await (await bench.client()).request(ctapCommand.makeCredential, request);
}

/** What makeCredential refuses, and in which words; none of it takes a touch (CTAP 2.3 §6.1.2, §8). */
export const refusedRegistrations: readonly Check[] = withOptions({ needs: [needs.registration] }, [
  ...([1, 2, 3, 4] as const).map((member) =>
    check(
      `registration.missing-${member}`,
      '§6.1.2',
      `A request without member 0${member} is MISSING_PARAMETER`,
      async (bench) => {
        const request = await requestMap(bench);
        request.delete(member);
        await expectStatus(send(bench, request), `asked without member 0${member}`, 'MISSING_PARAMETER');
      },
    ),
  ),
  check(
    'registration.wrong-type',
    '§8.2',
    'A member of the wrong type is CBOR_UNEXPECTED_TYPE',
    async (bench) => {
      const request = await requestMap(bench);
      request.set(1, 'no bytes');
      await expectStatus(send(bench, request), 'given text for the client data hash', 'CBOR_UNEXPECTED_TYPE');
    },
  ),
  check('registration.not-a-map', '§8.2', 'Parameters that are no map are refused', async (bench) => {
    await expectStatus(
      send(bench, [1, 2]),
      'given a list for the parameters',
      'CBOR_UNEXPECTED_TYPE',
      'INVALID_CBOR',
    );
  }),
  check('registration.trailing', '§8', 'Bytes after the parameters are INVALID_CBOR', async (bench) => {
    const request = concatBytes(encodeCbor(await requestMap(bench)), Uint8Array.of(0));
    await expectStatus(send(bench, request), 'given a byte after the parameters', 'INVALID_CBOR');
  }),
  check('registration.truncated', '§8', 'Parameters that are cut off are INVALID_CBOR', async (bench) => {
    const request = encodeCbor(await requestMap(bench)).slice(0, -3);
    await expectStatus(send(bench, request), 'given parameters that are cut off', 'INVALID_CBOR');
  }),
  check(
    'registration.key-order',
    '§8',
    'Parameters out of canonical order are INVALID_CBOR',
    async (bench) => {
      const request = encodeCbor(await requestMap(bench));
      await expectStatus(
        send(bench, swapFirstMembers(request)),
        'given members out of order',
        'INVALID_CBOR',
      );
    },
  ),
  check(
    'registration.algorithm',
    '§6.1.2 step 3',
    'Algorithms that the key does not know are UNSUPPORTED_ALGORITHM',
    async (bench) => {
      const run = bench.register({ pubKeyCredParams: publicKeyParameters(-65_000) });
      await expectStatus(run, 'asked for algorithm -65000', 'UNSUPPORTED_ALGORITHM');
    },
  ),
  check(
    'registration.up-false',
    '§6.1.2 step 5',
    'A registration without a touch is INVALID_OPTION',
    async (bench) => {
      await expectStatus(bench.register({ options: { up: false } }), 'asked with up false', 'INVALID_OPTION');
    },
  ),
  check(
    'registration.uv-impossible',
    '§6.1.2 step 5',
    'The option uv on a key that cannot verify by itself is INVALID_OPTION',
    async (bench) => {
      const { id: rpId } = bench.request().rp;
      const client = await bench.client();
      const run = client.makeCredential(bench.request({ rp: { id: rpId }, options: { uv: true } }));
      await expectStatus(run, 'asked with uv true', 'INVALID_OPTION');
    },
    { needs: [needs.noUv] },
  ),
  check(
    'registration.protocol-missing',
    '§6.1.2 step 2',
    'A pinUvAuthParam without its protocol is MISSING_PARAMETER',
    async (bench) => {
      const client = await bench.client();
      const run = client.makeCredential(bench.request({ pinUvAuthParam: new Uint8Array(16) }));
      await expectStatus(run, 'given a pinUvAuthParam without protocol', 'MISSING_PARAMETER');
    },
    { needs: [needs.clientPin] },
  ),
  check(
    'registration.protocol-unknown',
    '§6.1.2 step 2',
    'A PIN/UV auth protocol that nobody knows is INVALID_PARAMETER',
    async (bench) => {
      const client = await bench.client();
      const param = { pinUvAuthParam: new Uint8Array(16), pinUvAuthProtocol: 99 };
      await expectStatus(
        client.makeCredential(bench.request(param)),
        'given PIN/UV protocol 99',
        'INVALID_PARAMETER',
      );
    },
    { needs: [needs.clientPin] },
  ),
  check(
    'registration.enterprise',
    '§6.1.2 step 9',
    'Enterprise attestation that is not on is INVALID_PARAMETER',
    async (bench) => {
      const run = bench.register({ enterpriseAttestation: 1 });
      await expectStatus(run, 'asked for enterprise attestation', 'INVALID_PARAMETER');
    },
    { needs: [needs.notEnterprise] },
  ),
  check(
    'registration.unverified',
    '§6.1.2 step 8',
    'A registration without the token that is due is PUAT_REQUIRED',
    async (bench) => {
      const client = await bench.client();
      await expectStatus(client.makeCredential(bench.request()), 'asked without a token', 'PUAT_REQUIRED');
    },
    { needs: [needs.registrationWithToken, needs.noUv] },
  ),
]);

/** The same map with the members 1 and 2 in the wrong order; both values stay what they are. */
function swapFirstMembers(request: Uint8Array): Uint8Array {
  const map = decodeCbor(request) as CborMap;
  const [first, second] = [...map].map(([key, value]) => concatBytes(encodeCbor(key), encodeCbor(value)));
  if (first === undefined || second === undefined) throw new CheckSkip('there is nothing to swap');
  const head = request.subarray(0, 1);
  return concatBytes(head, second, first, request.subarray(1 + first.length + second.length));
}
