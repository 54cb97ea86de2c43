import { encodeCbor } from '../../cbor/encode.ts';
import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { credentialManagementSubCommand } from '../../ctap/messages/credential-management.ts';
import { permission } from '../../ctap/permission.ts';
import type { Bench } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { ensure, ensureDefined, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';
import { makeAccount } from './discoverable.ts';

const carol = { id: 'carol', name: 'carol@fauxkey.example' };
const unknownSubCommand = 0x3f;

const managed = (bench: Bench) => bench.token(permission.credentialManagement);

/** authenticatorCredentialManagement (CTAP 2.3 §6.8). */
export const managementGroup: CheckGroup = {
  id: 'management',
  title: 'authenticatorCredentialManagement',
  section: '§6.8',
  checks: [
    ...withOptions({ needs: [needs.credentialManagement] }, [
      check('management.unknown', '§6.8', 'An unknown subcommand is INVALID_SUBCOMMAND', async (bench) => {
        const { credentialManagement } = await bench.client();
        const run = credentialManagement.request(unknownSubCommand);
        await expectStatus(run, 'given subcommand 3F', 'INVALID_SUBCOMMAND', 'INVALID_PARAMETER');
      }),
      check('management.token', '§6.8', 'Nothing is told without a token', async (bench) => {
        const { credentialManagement } = await bench.client();
        const { getCredsMetadata, enumerateRpsBegin } = credentialManagementSubCommand;
        for (const subCommand of [getCredsMetadata, enumerateRpsBegin]) {
          const run = credentialManagement.request(subCommand);
          await expectStatus(run, 'asked without a token', 'PUAT_REQUIRED', 'MISSING_PARAMETER');
        }
      }),
      check('management.next', '§6.8', 'A next entry of nothing is NOT_ALLOWED', async (bench) => {
        const { credentialManagement } = await bench.client();
        const { enumerateRpsGetNextRp, enumerateCredentialsGetNextCredential } =
          credentialManagementSubCommand;
        for (const subCommand of [enumerateRpsGetNextRp, enumerateCredentialsGetNextCredential]) {
          await expectStatus(
            credentialManagement.request(subCommand),
            'asked for the next of nothing',
            'NOT_ALLOWED',
          );
        }
      }),
      check(
        'management.permission',
        '§6.8',
        'A token without the permission cm is PIN_AUTH_INVALID',
        async (bench) => {
          const token = await bench.token(permission.getAssertion, 'rp.check.example');
          const { credentialManagement } = await bench.client();
          await expectStatus(
            credentialManagement.getCredsMetadata(token),
            'given another token',
            'PIN_AUTH_INVALID',
          );
        },
        { needs: [needs.knownPin, needs.token] },
      ),
    ]),
    ...withOptions(
      { needs: [needs.credentialManagement, needs.registration], state: 'pin', touch: true, replug: true },
      [
        check('management.metadata', '§6.8.2', 'The metadata count credentials', async (bench) => {
          const { credentialManagement } = await bench.client();
          const before = await credentialManagement.getCredsMetadata(await managed(bench));
          await makeAccount(bench, 'metadata.check.example', carol);
          const after = await credentialManagement.getCredsMetadata(await managed(bench));
          const made = after.existingResidentCredentialsCount - before.existingResidentCredentialsCount;
          ensure(made === 1, `one credential counts as ${made}`);
        }),
        check(
          'management.list',
          '§6.8.3',
          'RPs and credentials are listed as they were made',
          async (bench) => {
            const rpId = 'list.check.example';
            const made = await makeAccount(bench, rpId, carol);
            const { credentialManagement } = await bench.client();
            const token = await managed(bench);
            const rps = await credentialManagement.enumerateRps(token);
            const hash = bench.sha256(utf8Bytes(rpId));
            const listed = ensureDefined(
              rps.find(({ rpIdHash }) => sameBytes(rpIdHash, hash)),
              'the RP of a new credential is not listed',
            );
            ensure(rpId.startsWith(listed.rp.id) || listed.rp.id === rpId, 'the RP ID is another one');
            const [credential, ...others] = await credentialManagement.enumerateCredentials(token, hash);
            ensure(
              credential !== undefined && others.length === 0,
              'it lists another number of credentials than one',
            );
            ensure(sameBytes(credential.credentialId, made.credentialId), 'the credential id is another one');
            ensure(sameBytes(credential.user.id, utf8Bytes(carol.id)), 'the user handle is another one');
            const attested = ensureDefined(made.registration.parsed.attested, 'the registration has no key');
            ensure(
              sameBytes(encodeCbor(credential.publicKey), encodeCbor(attested.publicKey)),
              'the public key is another one than at the registration',
            );
          },
        ),
        check('management.update', '§6.8.6', 'Names of an account can be changed', async (bench) => {
          const rpId = 'update.check.example';
          const made = await makeAccount(bench, rpId, carol);
          const { credentialManagement } = await bench.client();
          const token = await managed(bench);
          const user = { id: utf8Bytes(carol.id), name: 'dora', displayName: 'Dora' };
          await credentialManagement.updateUserInformation(token, made.credentialId, user);
          const hash = bench.sha256(utf8Bytes(rpId));
          const [credential] = await credentialManagement.enumerateCredentials(token, hash);
          ensure(credential?.user.name === 'dora', 'the name is not the new one');
          const foreign = { ...user, id: utf8Bytes('mallory') };
          const run = credentialManagement.updateUserInformation(token, made.credentialId, foreign);
          await expectStatus(run, 'given another user handle', 'INVALID_PARAMETER');
        }),
        check('management.delete', '§6.8.5', 'A credential that is deleted is gone', async (bench) => {
          const made = await makeAccount(bench, 'delete.check.example', carol);
          const { credentialManagement } = await bench.client();
          await credentialManagement.deleteCredential(await managed(bench), made.credentialId);
          await expectStatus(bench.assert(made), 'asked for a deleted credential', 'NO_CREDENTIALS');
          const run = credentialManagement.deleteCredential(await managed(bench), made.credentialId);
          await expectStatus(run, 'told to delete it again', 'NO_CREDENTIALS');
        }),
        check(
          'management.not-listed',
          '§6.8.4',
          'A credential that is not discoverable is not listed',
          async (bench) => {
            const rpId = 'unlisted.check.example';
            await bench.register({ rp: { id: rpId, name: rpId } });
            const { credentialManagement } = await bench.client();
            const rps = await credentialManagement.enumerateRps(await managed(bench));
            const hash = bench.sha256(utf8Bytes(rpId));
            ensure(!rps.some(({ rpIdHash }) => sameBytes(rpIdHash, hash)), 'it is listed');
          },
        ),
      ],
    ),
  ],
};
