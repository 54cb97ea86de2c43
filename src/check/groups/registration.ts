import { decodeCbor } from '../../cbor/decode.ts';
import { publicKeyDescriptors, publicKeyParameters } from '../../client/ctap-client.ts';
import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { ctapCommand } from '../../ctap/command.ts';
import type { Bench } from '../bench.ts';
import { site } from '../bench.ts';
import { certificatesOf, requireChain, requireLeaf, requireStatement } from '../attestation.ts';
import { check, CheckSkip, withOptions, type CheckGroup } from '../check.ts';
import { requireAlgorithm, requireFlags, requireSignature } from '../credential.ts';
import { ensure, ensureBytes, ensureDefined, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';
import { requireKnownMembers } from '../members.ts';
import { refusedRegistrations, requestMap } from './refused-registrations.ts';

const makeCredentialMembers = [1, 2, 3, 4, 5, 6];
const leastIdLength = 16;

const attestedOf = async (bench: Bench) =>
  ensureDefined(
    (await bench.made()).registration.parsed.attested,
    'the registration has no attested credential data',
  );

/** authenticatorMakeCredential (CTAP 2.3 §6.1). */
export const registrationGroup: CheckGroup = {
  id: 'registration',
  title: 'authenticatorMakeCredential',
  section: '§6.1',
  checks: withOptions({ needs: [needs.registration] }, [
    ...withOptions({ touch: true }, [
      check('registration.works', '§6.1', 'A credential can be made', async (bench) => {
        await bench.made();
      }),
      check(
        'registration.canonical',
        '§8',
        'The answer is canonical CBOR with known members',
        async (bench) => {
          const client = await bench.client();
          const answer = decodeCbor(
            await client.request(ctapCommand.makeCredential, await requestMap(bench)),
          );
          requireKnownMembers(answer, makeCredentialMembers, 'the answer to makeCredential');
        },
      ),
      check('registration.rp-id-hash', '§6.1.2', 'The authenticator data name the RP', async (bench) => {
        const { registration } = await bench.made();
        ensureBytes(
          registration.parsed.rpIdHash,
          bench.sha256(utf8Bytes(site)),
          'the RP ID hash of the registration',
        );
      }),
      check(
        'registration.flags',
        '§6.1.2',
        'The flags say UP and AT, and UV if the user was verified',
        async (bench) => {
          const { registration, verified } = await bench.made();
          requireFlags(registration.authData, { UP: true, UV: verified, AT: true }, 'the registration');
        },
      ),
      check('registration.aaguid', '§6.1.2', 'The AAGUID is the one of getInfo', async (bench) => {
        const { registration } = await bench.made();
        // A statement of this format carries none.
        if (registration.fmt === 'fido-u2f') throw new CheckSkip('the key attests in the format fido-u2f');
        const { aaguid } = await attestedOf(bench);
        const own = bench.facts.info?.aaguid ?? new Uint8Array();
        const isHidden = registration.fmt === 'none' && aaguid.every((byte) => byte === 0);
        if (!isHidden) ensureBytes(aaguid, own, 'the AAGUID of the registration');
      }),
      check(
        'registration.credential-id',
        '§6.1.2',
        'The credential id has a length that is announced',
        async (bench) => {
          const { credentialId } = await attestedOf(bench);
          const most = bench.facts.info?.maxCredentialIdLength ?? 1023;
          ensure(
            credentialId.length >= leastIdLength && credentialId.length <= most,
            `the credential id has ${credentialId.length} bytes, not ${leastIdLength} to ${most}`,
          );
        },
      ),
      check(
        'registration.public-key',
        '§6.1.2',
        'The public key is a COSE key of the algorithm asked for',
        async (bench) => {
          requireAlgorithm((await attestedOf(bench)).publicKey, -7);
        },
      ),
      check(
        'registration.no-extensions',
        '§12',
        'There are no extension outputs that nobody asked for',
        async (bench) => {
          const { registration } = await bench.made();
          const outputs = [...(registration.parsed.extensions?.keys() ?? [])].filter(
            (name) => name !== 'credProtect',
          );
          ensure(
            outputs.length === 0,
            `there is the output of an extension that was not asked for: ${String(outputs[0])}`,
          );
          ensure(registration.largeBlobKey === undefined, 'there is a large-blob key that was not asked for');
          ensure(
            registration.epAtt === undefined,
            'there is an enterprise attestation that was not asked for',
          );
        },
      ),
      check(
        'registration.attestation',
        '§8.2 WebAuthn',
        'The attestation statement verifies',
        async (bench) => {
          requireStatement(bench, await bench.made());
        },
      ),
      check(
        'registration.format',
        '§6.4',
        'The attestation format is one that getInfo names',
        async (bench) => {
          const { fmt } = (await bench.made()).registration;
          const named = bench.facts.info?.attestationFormats;
          if (named === undefined || fmt === 'none') return;
          ensure(
            named.includes(fmt),
            `the attestation statement has the format ${fmt}, which getInfo does not name`,
          );
        },
      ),
      check(
        'registration.certificate',
        '§8.2.1 WebAuthn',
        'The attestation certificate may attest for this key, today',
        async (bench) => {
          requireLeaf(bench, await bench.made());
        },
      ),
      check(
        'registration.chain',
        '§8.2 WebAuthn',
        'The attestation certificate leads to a root that is trusted',
        async (bench) => {
          const made = await bench.made();
          if (certificatesOf(made).length === 0) throw new CheckSkip('the key attests without a certificate');
          requireChain(bench, made);
        },
      ),
      check('registration.unique', '§6.1.2', 'Two registrations give two credentials', async (bench) => {
        const [one, other] = [await bench.made(), await bench.register()];
        ensure(
          !sameBytes(one.credentialId, other.credentialId),
          'two registrations have the same credential id',
        );
      }),
      check(
        'registration.algorithms',
        '§6.4',
        'Every algorithm that getInfo names can be registered and used',
        async (bench) => {
          const { algorithms } = ensureDefined(bench.facts.info, 'there is no getInfo');
          if (algorithms === undefined) throw new CheckSkip('getInfo names no algorithms');
          for (const algorithm of algorithms) {
            const made = await bench.register({ pubKeyCredParams: publicKeyParameters(algorithm) });
            const attested = ensureDefined(made.registration.parsed.attested, 'the registration has no key');
            requireAlgorithm(attested.publicKey, algorithm);
            const { assertion, parameters } = await bench.assert(made);
            requireSignature(bench, made, assertion, parameters.clientDataHash);
          }
        },
      ),
      check(
        'registration.preference',
        '§6.1.2 step 3',
        'The first algorithm that the key knows is taken',
        async (bench) => {
          const made = await bench.register({ pubKeyCredParams: publicKeyParameters(-65_000, -7) });
          const attested = ensureDefined(made.registration.parsed.attested, 'the registration has no key');
          requireAlgorithm(attested.publicKey, -7);
        },
      ),
      check(
        'registration.unknown-extension',
        '§12',
        'An extension that nobody knows is ignored',
        async (bench) => {
          const { registration } = await bench.register({ extensions: { 'fauxkey-unknown': true } });
          ensure(
            registration.parsed.extensions?.has('fauxkey-unknown') !== true,
            'it answers an unknown extension',
          );
        },
      ),
      check(
        'registration.unknown-option',
        '§6.1.2 step 5',
        'An option that nobody knows is ignored',
        async (bench) => {
          await bench.register({ options: { 'fauxkey-unknown': true } });
        },
      ),
      check(
        'registration.excluded',
        '§6.1.2 step 12',
        'A credential in the exclude list ends with CREDENTIAL_EXCLUDED',
        async (bench) => {
          const { credentialId } = await bench.made();
          const again = bench.register({ excludeList: publicKeyDescriptors(credentialId) });
          await expectStatus(again, 'given its own credential in the exclude list', 'CREDENTIAL_EXCLUDED');
        },
      ),
      check(
        'registration.not-excluded',
        '§6.1.2 step 12',
        'Credentials of others in the exclude list do not matter',
        async (bench) => {
          const foreign = publicKeyDescriptors(bench.platform.random.bytes(32));
          const { credentialId } = await bench.made();
          const unknownType = { id: credentialId, type: 'fauxkey-unknown' };
          await bench.register({ excludeList: [...foreign, unknownType] });
        },
      ),
      check(
        'registration.probe',
        '§6.1.2 step 1',
        'An empty pinUvAuthParam asks for a touch, and tells whether a PIN is set',
        async (bench) => {
          const probe = bench.register({
            pinUvAuthParam: new Uint8Array(),
            pinUvAuthProtocol: bench.protocol,
          });
          const isSet = bench.facts.info?.options?.get('clientPin') === true;
          const due = isSet || bench.facts.info?.options?.get('uv') === true ? 'PIN_INVALID' : 'PIN_NOT_SET';
          await expectStatus(probe, 'asked with an empty pinUvAuthParam', due);
        },
        { needs: [needs.clientPin] },
      ),
    ]),
    ...refusedRegistrations,
  ]),
};
