import { decodeCbor } from '../../cbor/decode.ts';
import type { CborKey, CborValue } from '../../cbor/value.ts';
import { encodeGetAssertion, publicKeyDescriptors } from '../../client/ctap-client.ts';
import { decodeAssertion } from '../../client/responses.ts';
import { authDataFlag } from '../../ctap/auth-data.ts';
import { utf8Bytes } from '../../ctap/bytes.ts';
import { ctapCommand } from '../../ctap/command.ts';
import { permission } from '../../ctap/permission.ts';
import type { Bench } from '../bench.ts';
import { site } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { flagsOf, requireFlags, requireSignature } from '../credential.ts';
import { ensure, ensureBytes, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';
import { requireKnownMembers } from '../members.ts';

const getAssertionMembers = [1, 2, 3, 4, 5, 6, 7, 8];

async function requestMap(bench: Bench): Promise<Map<CborKey, CborValue>> {
  const { credentialId } = await bench.made();
  const proof = await bench.proof(permission.getAssertion);
  const request = {
    rpId: site,
    clientDataHash: bench.platform.random.bytes(32),
    allowList: publicKeyDescriptors(credentialId),
  };
  return new Map(encodeGetAssertion({ ...request, ...proof }));
}

/** authenticatorGetAssertion and authenticatorGetNextAssertion (CTAP 2.3 §6.2, §6.3). */
export const signInGroup: CheckGroup = {
  id: 'sign-in',
  title: 'authenticatorGetAssertion',
  section: '§6.2',
  checks: withOptions({ needs: [needs.registration] }, [
    ...withOptions({ touch: true }, [
      check('sign-in.works', '§6.2', 'A credential signs in', async (bench) => {
        await bench.signedIn();
      }),
      check('sign-in.canonical', '§8', 'The answer is canonical CBOR with known members', async (bench) => {
        const client = await bench.client();
        const answer = await client.request(ctapCommand.getAssertion, await requestMap(bench));
        decodeAssertion(answer);
        requireKnownMembers(decodeCbor(answer), getAssertionMembers, 'the answer to getAssertion');
      }),
      check('sign-in.signature', '§6.2.2 step 13', 'The signature verifies', async (bench) => {
        const { assertion, parameters } = await bench.signedIn();
        requireSignature(bench, await bench.made(), assertion, parameters.clientDataHash);
      }),
      check('sign-in.rp-id-hash', '§6.2.2', 'The authenticator data name the RP', async (bench) => {
        const { assertion } = await bench.signedIn();
        ensureBytes(
          assertion.parsed.rpIdHash,
          bench.sha256(utf8Bytes(site)),
          'the RP ID hash of the assertion',
        );
      }),
      check('sign-in.flags', '§6.2.2', 'The flags say UP, and UV if the user was verified', async (bench) => {
        const { assertion, parameters } = await bench.signedIn();
        const UV = parameters.pinUvAuthToken !== undefined;
        requireFlags(assertion.authData, { UP: true, UV, AT: false }, 'the assertion');
      }),
      check('sign-in.backup', '§6.1.3 WebAuthn', 'BE is what it was at the registration', async (bench) => {
        const [made, { assertion }] = [await bench.made(), await bench.signedIn()];
        ensure(
          (flagsOf(made.registration.authData) & authDataFlag.BE) ===
            (flagsOf(assertion.authData) & authDataFlag.BE),
          'the flag BE of the assertion is another than at the registration',
        );
      }),
      check(
        'sign-in.no-extensions',
        '§12',
        'There are no extension outputs that nobody asked for',
        async (bench) => {
          const { assertion } = await bench.signedIn();
          const [name] = assertion.parsed.extensions?.keys() ?? [];
          ensure(
            name === undefined,
            `there is the output of an extension that was not asked for: ${String(name)}`,
          );
          ensure(
            assertion.authData.length === 37,
            `the authenticator data have ${assertion.authData.length} bytes, not 37`,
          );
        },
      ),
      check(
        'sign-in.credential',
        '§6.2.2',
        'The answer names the credential that was asked for',
        async (bench) => {
          const [made, { assertion }] = [await bench.made(), await bench.signedIn()];
          ensureBytes(assertion.credentialId, made.credentialId, 'the credential id of the assertion');
        },
      ),
      check(
        'sign-in.user',
        '§6.2.2',
        'The answer names no account for a credential that is not discoverable',
        async (bench) => {
          const { assertion } = await bench.signedIn();
          const made = await bench.made();
          if (assertion.user === undefined) return;
          ensureBytes(assertion.user.id, made.parameters.user.id, 'the user handle of the assertion');
          ensure(assertion.numberOfCredentials === undefined, 'it counts credentials for an allow list');
        },
      ),
      check(
        'sign-in.counter',
        '§6.2.2 step 13',
        'The signature counter grows with each sign-in, or stays zero',
        async (bench) => {
          const made = await bench.made();
          const counts = [made.registration.parsed.signCount];
          for (let round = 0; round < 3; round++)
            counts.push((await bench.assert(made)).assertion.parsed.signCount);
          const isZero = counts.every((count) => count === 0);
          const grows = counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? 0));
          ensure(isZero || grows, `the signature counter does not grow: ${counts.join(', ')}`);
          const leap = counts.some((count, index) => index > 0 && count - (counts[index - 1] ?? 0) > 1000);
          ensure(!leap, `the signature counter leaps: ${counts.join(', ')}`);
        },
      ),
      check(
        'sign-in.list',
        '§6.2.2 step 7',
        'The own credential is found among foreign ones',
        async (bench) => {
          const made = await bench.made();
          const foreign = publicKeyDescriptors(
            bench.platform.random.bytes(32),
            bench.platform.random.bytes(64),
          );
          const allowList = [...foreign, ...publicKeyDescriptors(made.credentialId)];
          const { assertion } = await bench.assert(made, { allowList });
          ensureBytes(assertion.credentialId, made.credentialId, 'the credential id of the assertion');
          ensure(assertion.numberOfCredentials === undefined, 'it counts credentials for an allow list');
        },
      ),
      check(
        'sign-in.unknown-option',
        '§6.2.2 step 4',
        'An option that nobody knows is ignored',
        async (bench) => {
          await bench.assert(await bench.made(), { options: { 'fauxkey-unknown': true } });
        },
      ),
    ]),
    ...withOptions({ touch: true }, [
      check(
        'sign-in.foreign-rp',
        '§6.2.2 step 7',
        'A credential does not sign in at another RP',
        async (bench) => {
          const run = bench.assert(await bench.made(), { rpId: 'other.fauxkey.example' });
          await expectStatus(run, 'asked for another RP', 'NO_CREDENTIALS');
        },
      ),
      check(
        'sign-in.unknown-id',
        '§6.2.2 step 7',
        'A credential id that nobody knows is NO_CREDENTIALS',
        async (bench) => {
          const allowList = publicKeyDescriptors(bench.platform.random.bytes(64));
          await expectStatus(
            bench.assert(await bench.made(), { allowList }),
            'given a random id',
            'NO_CREDENTIALS',
          );
        },
      ),
      check(
        'sign-in.tampered-id',
        '§6.2.2 step 7',
        'A credential id with one bit changed is NO_CREDENTIALS',
        async (bench) => {
          const made = await bench.made();
          for (const place of [0, made.credentialId.length >> 1, made.credentialId.length - 1]) {
            const tampered = made.credentialId.slice();
            tampered[place] = (tampered[place] ?? 0) ^ 1;
            const run = bench.assert(made, { allowList: publicKeyDescriptors(tampered) });
            await expectStatus(run, `given an id that is changed in byte ${place}`, 'NO_CREDENTIALS');
          }
        },
      ),
      check(
        'sign-in.unknown-rp',
        '§6.2.2 step 7',
        'An RP without credentials is NO_CREDENTIALS',
        async (bench) => {
          const client = await bench.client();
          const run = client.getAssertion({
            rpId: 'nobody.fauxkey.example',
            clientDataHash: new Uint8Array(32),
          });
          await expectStatus(run, 'asked for an RP without credentials', 'NO_CREDENTIALS', 'PUAT_REQUIRED');
        },
      ),
    ]),
    check(
      'sign-in.silent',
      '§6.2.2 step 8',
      'Without up there is an assertion without a touch, and without the flag UP',
      async (bench) => {
        const { assertion } = await bench.assert(await bench.made(), { options: { up: false } });
        ensure((flagsOf(assertion.authData) & authDataFlag.UP) === 0, 'the flag UP is set without a touch');
      },
      { needs: [needs.silent] },
    ),
    check('sign-in.rk', '§6.2.2 step 4', 'The option rk is UNSUPPORTED_OPTION', async (bench) => {
      const run = bench.assert(await bench.made(), { options: { rk: true } });
      await expectStatus(run, 'asked with the option rk', 'UNSUPPORTED_OPTION', 'INVALID_OPTION');
    }),
    check(
      'sign-in.uv-impossible',
      '§6.2.2 step 4',
      'The option uv on a key that cannot verify by itself is INVALID_OPTION',
      async (bench) => {
        const { credentialId } = await bench.made();
        const allowList = publicKeyDescriptors(credentialId);
        const request = { rpId: site, clientDataHash: new Uint8Array(32), allowList, options: { uv: true } };
        await expectStatus(
          (await bench.client()).getAssertion(request),
          'asked with uv true',
          'INVALID_OPTION',
        );
      },
      { needs: [needs.noUv] },
    ),
    ...([1, 2] as const).map((member) =>
      check(
        `sign-in.missing-${member}`,
        '§6.2.2',
        `A request without member 0${member} is MISSING_PARAMETER`,
        async (bench) => {
          const request = await requestMap(bench);
          request.delete(member);
          const run = (await bench.client()).request(ctapCommand.getAssertion, request);
          await expectStatus(run, `asked without member 0${member}`, 'MISSING_PARAMETER');
        },
      ),
    ),
    check('sign-in.next', '§6.3', 'getNextAssertion with nothing before it is NOT_ALLOWED', async (bench) => {
      const client = await bench.client();
      await client.getInfo();
      await expectStatus(client.getNextAssertion(), 'asked for a next assertion', 'NOT_ALLOWED');
    }),
    check(
      'sign-in.selection',
      '§6.9',
      'authenticatorSelection ends with OK after a touch',
      async (bench) => {
        await (await bench.client()).selection();
      },
      { needs: [needs.selection], touch: true },
    ),
  ]),
};
