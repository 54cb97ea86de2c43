import { cborMap } from '../../cbor/map.ts';
import type { CborValue } from '../../cbor/value.ts';
import { publicKeyDescriptors } from '../../client/ctap-client.ts';
import type { SharedSecret } from '../../client/pin-protocol.ts';
import { concatBytes, sameBytes } from '../../ctap/bytes.ts';
import { permission } from '../../ctap/permission.ts';
import type { Bench, Made } from '../bench.ts';
import { site } from '../bench.ts';
import { check, CheckSkip, withOptions, type CheckGroup } from '../check.ts';
import { describeValue, ensure, ensureBytes, ensureDefined, expectStatus } from '../expect.ts';
import { canVerify, needs } from '../facts.ts';

const credProtect = 'credProtect';
const hmacSecret = 'hmac-secret';

function hmacInput(secret: SharedSecret, salts: Uint8Array, saltAuth?: Uint8Array): CborValue {
  const saltEnc = secret.encrypt(salts);
  return cborMap([
    [1, secret.keyAgreement],
    [2, saltEnc],
    [3, saltAuth ?? secret.authenticate(saltEnc)],
    [4, secret.version],
  ]);
}

/** One credential for all checks of hmac-secret. */
const secretMade = (bench: Bench): Promise<Made> =>
  bench.once('registration with hmac-secret', () => bench.register({ extensions: { [hmacSecret]: true } }));

async function evaluate(bench: Bench, ...salts: readonly Uint8Array[]): Promise<Uint8Array> {
  const made = await secretMade(bench);
  const secret = await (await bench.client()).clientPin.agree(bench.protocol);
  const { assertion } = await bench.assert(made, {
    extensions: { [hmacSecret]: hmacInput(secret, concatBytes(...salts)) },
  });
  const output = assertion.parsed.extensions?.get(hmacSecret);
  ensure(output instanceof Uint8Array, 'the assertion has no output of hmac-secret');
  const plain = secret.decrypt(output);
  ensure(
    plain.length === 32 * salts.length,
    `hmac-secret gives ${plain.length} bytes for ${salts.length} salts`,
  );
  return plain;
}

/** Registers with credProtect, and gives the level that the key says it keeps. */
async function protect(bench: Bench, level: number): Promise<{ readonly made: Made; readonly kept: number }> {
  const made = await bench.register({ extensions: { [credProtect]: level } });
  const kept = made.registration.parsed.extensions?.get(credProtect);
  ensure(typeof kept === 'number', 'the registration has no output of credProtect');
  return { made, kept };
}

/** Extensions on credentials that are not discoverable (CTAP 2.3 §12). */
export const extensionsGroup: CheckGroup = {
  id: 'extensions',
  title: 'Extensions',
  section: '§12',
  checks: withOptions({ needs: [needs.registration], touch: true }, [
    check(
      'extensions.cred-protect',
      '§12.1',
      'credProtect keeps the level that was asked for, or a higher one',
      async (bench) => {
        for (const level of [1, 2, 3]) {
          const { kept } = await protect(bench, level);
          ensure(kept >= level && kept <= 3, `credProtect ${level} is kept as ${kept}`);
        }
      },
      { needs: [needs.extension(credProtect)] },
    ),
    check(
      'extensions.cred-protect-range',
      '§12.1',
      'A level of credProtect that is none is INVALID_PARAMETER',
      async (bench) => {
        const run = bench.register({ extensions: { [credProtect]: 4 } });
        await expectStatus(run, 'asked for credProtect 4', 'INVALID_PARAMETER', 'INVALID_OPTION');
      },
      { needs: [needs.extension(credProtect)] },
    ),
    check(
      'extensions.cred-protect-3',
      '§12.1',
      'A credential with credProtect 3 does not show itself without verification',
      async (bench) => {
        if (!canVerify(bench.facts)) throw new CheckSkip('no way to verify the user is known');
        const { made } = await protect(bench, 3);
        const token = await bench.token(permission.getAssertion, site);
        await bench.assert(made, { pinUvAuthToken: token });
        const client = await bench.client();
        const allowList = publicKeyDescriptors(made.credentialId);
        const run = client.getAssertion({
          rpId: site,
          clientDataHash: new Uint8Array(32),
          allowList,
          options: { up: false },
        });
        await expectStatus(run, 'asked for it without verification', 'NO_CREDENTIALS', 'PUAT_REQUIRED');
      },
      { needs: [needs.extension(credProtect)] },
    ),
    ...withOptions({ needs: [needs.extension(hmacSecret)] }, [
      check(
        'extensions.hmac-secret-made',
        '§12.7',
        'hmac-secret is confirmed at the registration',
        async (bench) => {
          const { registration } = await secretMade(bench);
          const output = registration.parsed.extensions?.get(hmacSecret);
          ensure(output === true, 'the registration has no output of hmac-secret');
        },
      ),
      check(
        'extensions.hmac-secret',
        '§12.7',
        'hmac-secret gives the same for the same salt, and else something else',
        async (bench) => {
          const [salt, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
          const first = await evaluate(bench, salt);
          ensureBytes(await evaluate(bench, salt), first, 'the secret of the same salt');
          ensure(!sameBytes(await evaluate(bench, other), first), 'two salts give the same secret');
        },
      ),
      check('extensions.hmac-secret-two', '§12.7', 'hmac-secret takes two salts at once', async (bench) => {
        const [salt, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
        const both = await evaluate(bench, salt, other);
        ensureBytes(both.subarray(0, 32), await evaluate(bench, salt), 'the first of two secrets');
        ensureBytes(both.subarray(32), await evaluate(bench, other), 'the second of two secrets');
      }),
      check(
        'extensions.hmac-secret-own',
        '§12.7',
        'Two credentials have different secrets',
        async (bench) => {
          const salt = new Uint8Array(32).fill(1);
          const first = await evaluate(bench, salt);
          const kept = await secretMade(bench);
          const made = await bench.register({ extensions: { [hmacSecret]: true } });
          const secret = await (await bench.client()).clientPin.agree(bench.protocol);
          const { assertion } = await bench.assert(made, {
            extensions: { [hmacSecret]: hmacInput(secret, salt) },
          });
          const output = assertion.parsed.extensions?.get(hmacSecret);
          ensure(output instanceof Uint8Array, 'the assertion has no output of hmac-secret');
          ensure(!sameBytes(secret.decrypt(output), first), 'two credentials give the same secret');
          ensure(!sameBytes(kept.credentialId, made.credentialId), 'two credentials have the same id');
        },
      ),
      check('extensions.hmac-secret-auth', '§12.7', 'A wrong saltAuth is PIN_AUTH_INVALID', async (bench) => {
        const made = await secretMade(bench);
        const secret = await (await bench.client()).clientPin.agree(bench.protocol);
        const wrong = new Uint8Array(bench.protocol === 1 ? 16 : 32);
        const input = hmacInput(secret, new Uint8Array(32), wrong);
        const run = bench.assert(made, { extensions: { [hmacSecret]: input } });
        await expectStatus(run, 'given a wrong saltAuth', 'PIN_AUTH_INVALID');
      }),
      check('extensions.hmac-secret-size', '§12.7', 'A salt of another size is refused', async (bench) => {
        const made = await secretMade(bench);
        const secret = await (await bench.client()).clientPin.agree(bench.protocol);
        const input = hmacInput(secret, new Uint8Array(16));
        const run = bench.assert(made, { extensions: { [hmacSecret]: input } });
        await expectStatus(run, 'given a salt of 16 bytes', 'INVALID_PARAMETER', 'INVALID_LENGTH');
      }),
    ]),
    check(
      'extensions.hmac-secret-mc',
      '§12.8',
      'hmac-secret-mc gives at the registration what hmac-secret gives later',
      async (bench) => {
        const salt = new Uint8Array(32).fill(3);
        const client = await bench.client();
        const proof = await bench.proof(permission.makeCredential);
        const secret = await client.clientPin.agree(bench.protocol);
        const input = hmacInput(secret, salt);
        const made = await bench.register({
          ...proof,
          extensions: { [hmacSecret]: true, 'hmac-secret-mc': input },
        });
        const output = made.registration.parsed.extensions?.get('hmac-secret-mc');
        ensure(output instanceof Uint8Array, 'the registration has no output of hmac-secret-mc');
        const again = await client.clientPin.agree(bench.protocol);
        const proofAgain = await bench.proof(permission.getAssertion);
        const { assertion } = await bench.assert(made, {
          ...proofAgain,
          extensions: { [hmacSecret]: hmacInput(again, salt) },
        });
        const later = assertion.parsed.extensions?.get(hmacSecret);
        ensure(later instanceof Uint8Array, 'the assertion has no output of hmac-secret');
        ensureBytes(again.decrypt(later), secret.decrypt(output), 'the secret of the sign-in');
      },
      { needs: [needs.extension('hmac-secret-mc')] },
    ),
    check(
      'extensions.cred-blob-without-rk',
      '§12.2',
      'credBlob is not kept for a credential that is not discoverable, and says so',
      async (bench) => {
        const { registration } = await bench.register({ extensions: { credBlob: Uint8Array.of(1) } });
        const output = registration.parsed.extensions?.get('credBlob');
        ensure(typeof output === 'boolean', 'the registration has no output of credBlob');
      },
      { needs: [needs.extension('credBlob')] },
    ),
    check(
      'extensions.payment',
      '§12.9',
      'thirdPartyPayment says at a sign-in what was asked for at the registration',
      async (bench) => {
        for (const isMarked of [true, false]) {
          const extensions = isMarked ? { thirdPartyPayment: true } : {};
          const made = await bench.register({ extensions });
          const { assertion } = await bench.assert(made, { extensions: { thirdPartyPayment: true } });
          const output = ensureDefined(
            assertion.parsed.extensions?.get('thirdPartyPayment'),
            'the assertion has no output of thirdPartyPayment',
          );
          ensure(
            output === isMarked,
            `thirdPartyPayment says ${describeValue(output)}, not ${String(isMarked)}`,
          );
        }
      },
      { needs: [needs.extension('thirdPartyPayment')] },
    ),
  ]),
};
