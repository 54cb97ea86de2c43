import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { permission } from '../../ctap/permission.ts';
import type { GetAssertionParameters, MakeCredentialParameters } from '../../client/ctap-client.ts';
import type { Assertion } from '../../client/responses.ts';
import type { Bench, Made } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { requireSignature } from '../credential.ts';
import { ensure, ensureBytes, ensureDefined, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';

interface Account {
  readonly id: string;
  readonly name: string;
}

/** A discoverable credential at a site of the check's own, so that no other check sees it. */
export async function makeAccount(
  bench: Bench,
  rpId: string,
  { id, name }: Account,
  changes: Partial<MakeCredentialParameters> = {},
): Promise<Made> {
  await makeRoom(bench, 1);
  return bench.register({
    rp: { id: rpId, name: rpId },
    user: { id: utf8Bytes(id), name, displayName: name.toUpperCase() },
    options: { rk: true },
    ...changes,
  });
}

/** Small keys hold a few credentials; in this run all of them are the checks' own. */
async function makeRoom(bench: Bench, count: number): Promise<void> {
  const client = await bench.client();
  const info = await client.getInfo();
  const left = info.remainingDiscoverableCredentials ?? Infinity;
  if (left >= count || info.options?.get('credMgmt') !== true) return;
  const token = await bench.token(permission.credentialManagement);
  for (const { rpIdHash } of await client.credentialManagement.enumerateRps(token)) {
    const credentials = await client.credentialManagement.enumerateCredentials(token, rpIdHash);
    for (const { credentialId } of credentials) {
      await client.credentialManagement.deleteCredential(token, credentialId);
    }
  }
}

/** All assertions without an allow list. */
async function discover(
  bench: Bench,
  rpId: string,
  changes: Partial<GetAssertionParameters> = {},
): Promise<{ readonly assertions: readonly [Assertion, ...Assertion[]]; readonly hash: Uint8Array }> {
  const client = await bench.client();
  const clientDataHash = bench.platform.random.bytes(32);
  const proof = await bench.proof(permission.getAssertion, rpId);
  const assertions = await client.getAssertions({ rpId, clientDataHash, ...proof, ...changes });
  return { assertions, hash: clientDataHash };
}

const alice = { id: 'alice', name: 'alice@fauxkey.example' };
const bob = { id: 'bob', name: 'bob@fauxkey.example' };

/** Discoverable credentials (CTAP 2.3 §6.1.2 step 17, §6.2.2 step 12, §6.3) and the extensions that need them. */
export const discoverableGroup: CheckGroup = {
  id: 'discoverable',
  title: 'Discoverable credentials',
  section: '§6.2',
  checks: withOptions(
    { needs: [needs.discoverable, needs.registration], state: 'pin', touch: true, replug: true },
    [
      check(
        'discoverable.sign-in',
        '§6.2.2 step 12',
        'A discoverable credential signs in without an allow list',
        async (bench) => {
          const made = await makeAccount(bench, 'one.check.example', alice);
          const { assertions, hash } = await discover(bench, 'one.check.example');
          const [assertion] = assertions;
          ensureBytes(assertion.credentialId, made.credentialId, 'the credential id of the assertion');
          const user = ensureDefined(assertion.user, 'the assertion names no account');
          ensureBytes(user.id, utf8Bytes(alice.id), 'the user handle of the assertion');
          ensure(assertion.numberOfCredentials === undefined, 'it counts a single credential');
          requireSignature(bench, made, assertion, hash);
        },
      ),
      check(
        'discoverable.several',
        '§6.3',
        'Several accounts come newest first, one by one',
        async (bench) => {
          const rpId = 'several.check.example';
          await makeRoom(bench, 2);
          const made = [await makeAccount(bench, rpId, alice), await makeAccount(bench, rpId, bob)];
          const { assertions, hash } = await discover(bench, rpId);
          ensure(assertions.length === 2, `there are ${assertions.length} assertions for two accounts`);
          [...made].reverse().forEach((each, index) => {
            const assertion = ensureDefined(assertions[index], 'an assertion is missing');
            ensureBytes(
              assertion.credentialId,
              each.credentialId,
              'the order is not newest first: the credential id',
            );
            ensureBytes(
              ensureDefined(assertion.user, 'no account').id,
              each.parameters.user.id,
              'the user handle',
            );
            requireSignature(bench, each, assertion, hash);
          });
          ensure(assertions[1]?.numberOfCredentials === undefined, 'the next assertion counts again');
          const client = await bench.client();
          await expectStatus(client.getNextAssertion(), 'asked for a third of two accounts', 'NOT_ALLOWED');
        },
      ),
      check(
        'discoverable.replaced',
        '§6.1.2 step 17',
        'The same account at the same RP is replaced',
        async (bench) => {
          const rpId = 'replaced.check.example';
          const before = await makeAccount(bench, rpId, alice);
          const after = await makeAccount(bench, rpId, { ...alice, name: 'new' });
          const { assertions } = await discover(bench, rpId);
          ensure(assertions.length === 1, `there are ${assertions.length} credentials for one account`);
          ensureBytes(assertions[0].credentialId, after.credentialId, 'the credential id of the assertion');
          await expectStatus(
            bench.assert(before),
            'asked for the credential that was replaced',
            'NO_CREDENTIALS',
          );
        },
      ),
      check(
        'discoverable.names',
        '§6.2.2',
        'Names of the account come only with verification',
        async (bench) => {
          const rpId = 'names.check.example';
          await makeAccount(bench, rpId, alice);
          const { assertions } = await discover(bench, rpId);
          const { user } = assertions[0];
          ensure(
            user?.name === undefined || user.name === alice.name,
            'the name of the account is another one',
          );
          if (bench.facts.info?.options?.get('alwaysUv') === true) return;
          const client = await bench.client();
          const silent = await client.getAssertion({
            rpId,
            clientDataHash: new Uint8Array(32),
            options: { up: false },
          });
          ensure(
            silent.user?.name === undefined && silent.user?.displayName === undefined,
            'it tells names without verification',
          );
        },
      ),
      check(
        'discoverable.cred-protect-2',
        '§12.1',
        'A credential with credProtect 2 is not found without verification and allow list',
        async (bench) => {
          const rpId = 'protected.check.example';
          await makeAccount(bench, rpId, alice, { extensions: { credProtect: 2 } });
          const client = await bench.client();
          const request = { rpId, clientDataHash: new Uint8Array(32), options: { up: false } };
          await expectStatus(
            client.getAssertion(request),
            'asked without verification',
            'NO_CREDENTIALS',
            'PUAT_REQUIRED',
          );
          const { assertions } = await discover(bench, rpId);
          ensure(assertions.length === 1, 'it is not found with verification either');
        },
        { needs: [needs.extension('credProtect')] },
      ),
      check(
        'discoverable.cred-blob',
        '§12.2',
        'credBlob comes back at the sign-in',
        async (bench) => {
          const rpId = 'blob.check.example';
          await makeRoom(bench, 2);
          const most = bench.facts.info?.maxCredBlobLength ?? 32;
          const blob = bench.platform.random.bytes(most);
          const made = await makeAccount(bench, rpId, alice, { extensions: { credBlob: blob } });
          ensure(made.registration.parsed.extensions?.get('credBlob') === true, 'credBlob is not confirmed');
          const { assertions } = await discover(bench, rpId, { extensions: { credBlob: true } });
          const output = assertions[0].parsed.extensions?.get('credBlob');
          ensure(
            output instanceof Uint8Array && sameBytes(output, blob),
            'credBlob comes back as something else',
          );
          const tooLong = bench.platform.random.bytes(most + 1);
          const other = await makeAccount(bench, rpId, bob, { extensions: { credBlob: tooLong } });
          ensure(
            other.registration.parsed.extensions?.get('credBlob') === false,
            'a credBlob that is too long is confirmed',
          );
        },
        { needs: [needs.extension('credBlob')] },
      ),
      check(
        'discoverable.large-blob-key',
        '§12.3',
        'largeBlobKey gives the same 32 bytes at the registration and at the sign-in',
        async (bench) => {
          const rpId = 'large.check.example';
          const made = await makeAccount(bench, rpId, alice, { extensions: { largeBlobKey: true } });
          const key = ensureDefined(made.registration.largeBlobKey, 'the registration has no large-blob key');
          ensure(key.length === 32, `the large-blob key has ${key.length} bytes, not 32`);
          const { assertions } = await discover(bench, rpId, { extensions: { largeBlobKey: true } });
          const again = ensureDefined(assertions[0].largeBlobKey, 'the assertion has no large-blob key');
          ensureBytes(again, key, 'the large-blob key of the assertion');
        },
        { needs: [needs.extension('largeBlobKey')] },
      ),
    ],
  ),
};
