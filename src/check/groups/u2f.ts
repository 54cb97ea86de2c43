import { pause } from '../../client/deadline.ts';
import { U2fStatusError } from '../../client/errors.ts';
import { publicKeyDescriptors } from '../../client/ctap-client.ts';
import { U2fClient, u2fControl, u2fInstruction, u2fStatusWord } from '../../client/u2f-client.ts';
import type { Apdu, U2fRegistration } from '../../client/u2f-client.ts';
import { encodeCoseKey } from '../../cose/public-key.ts';
import type { CoseKey } from '../../cose/key.ts';
import { bigEndian, concatBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { permission } from '../../ctap/permission.ts';
import { keyOf } from '../attestation.ts';
import type { Bench } from '../bench.ts';
import { site } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { verifies } from '../credential.ts';
import { ensure, ensureBytes } from '../expect.ts';
import { needs } from '../facts.ts';

/** Milliseconds between two tries while the key waits for a touch, and until nobody came. */
const pollInterval = 200;
const touchLimit = 30_000;

interface U2fMade extends U2fRegistration {
  readonly challenge: Uint8Array;
  readonly application: Uint8Array;
}

async function clientOf(bench: Bench): Promise<U2fClient> {
  return new U2fClient(await bench.channel());
}

/** U2F keys do not wait: they are asked again until they were touched. */
async function untilTouched<T>(bench: Bench, run: () => Promise<T>): Promise<T> {
  const giveUp = bench.clock.monotonic() + touchLimit;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await run();
    } catch (error) {
      const waits =
        error instanceof U2fStatusError && error.statusWord === u2fStatusWord.conditionsNotSatisfied;
      if (!waits || bench.clock.monotonic() > giveUp) throw error;
      if (isFirst) bench.options.person.touch();
      await pause(bench.clock, pollInterval);
    }
  }
}

function made(bench: Bench): Promise<U2fMade> {
  return bench.once('U2F registration', async () => {
    const client = await clientOf(bench);
    const challenge = bench.platform.random.bytes(32);
    const application = bench.sha256(utf8Bytes(site));
    const registration = await untilTouched(bench, () => client.register(challenge, application));
    return { ...registration, challenge, application };
  });
}

/** The COSE form of 04 ‖ x ‖ y. */
function coseOf(point: Uint8Array): CoseKey {
  ensure(point.length === 65 && point[0] === 4, 'the public key is no uncompressed point of P-256');
  return encodeCoseKey(-7, { kty: 'EC2', curve: 'P-256', x: point.slice(1, 33), y: point.slice(33) });
}

async function signIn(bench: Bench) {
  const [client, { keyHandle, application }] = [await clientOf(bench), await made(bench)];
  const challenge = bench.platform.random.bytes(32);
  const { enforcePresence } = u2fControl;
  const answer = await untilTouched(bench, () =>
    client.authenticate(enforcePresence, challenge, application, keyHandle),
  );
  return { ...answer, challenge };
}

async function expectWord(bench: Bench, apdu: Apdu | Uint8Array, asked: string, ...words: readonly number[]) {
  const { statusWord } = await (await clientOf(bench)).send(apdu);
  const [found, due] = [hex(statusWord), words.map(hex).join(' or ')];
  ensure(words.includes(statusWord), `${asked}, it answers ${found}, not ${due}`);
}

const hex = (word: number): string => word.toString(16).padStart(4, '0').toUpperCase();

function authenticateData(bench: Bench, application: Uint8Array, keyHandle: Uint8Array): Uint8Array {
  const challenge = bench.platform.random.bytes(32);
  return concatBytes(challenge, application, Uint8Array.of(keyHandle.length), keyHandle);
}

/** U2F over CTAPHID_MSG. */
export const u2fGroup: CheckGroup = {
  id: 'u2f',
  title: 'U2F',
  section: '§10',
  checks: withOptions({ needs: [needs.u2f] }, [
    check('u2f.version', 'U2F raw messages §6', 'VERSION is U2F_V2', async (bench) => {
      const version = await (await clientOf(bench)).version();
      ensure(version === 'U2F_V2', `the version is "${version}"`);
    }),
    ...withOptions({ touch: true }, [
      check('u2f.register', 'U2F raw messages §4', 'A credential can be made', async (bench) => {
        coseOf((await made(bench)).publicKey);
      }),
      check(
        'u2f.attestation',
        'U2F raw messages §4.3',
        'The signature of the registration verifies',
        async (bench) => {
          const { application, challenge, keyHandle, publicKey, certificate, signature } = await made(bench);
          const signed = concatBytes(Uint8Array.of(0), application, challenge, keyHandle, publicKey);
          ensure(
            verifies(bench, keyOf(certificate), signed, signature),
            'the attestation signature does not verify',
          );
        },
      ),
      check(
        'u2f.authenticate',
        'U2F raw messages §5',
        'A credential signs in, and the signature verifies',
        async (bench) => {
          const { application, publicKey } = await made(bench);
          const { userPresence, counter, challenge, signature } = await signIn(bench);
          ensure((userPresence & 1) === 1, 'the presence byte says that nobody was there');
          const signed = concatBytes(
            application,
            Uint8Array.of(userPresence),
            bigEndian(counter, 4),
            challenge,
          );
          ensure(verifies(bench, coseOf(publicKey), signed, signature), 'the signature does not verify');
        },
      ),
      check('u2f.counter', 'U2F raw messages §5.4', 'The counter grows', async (bench) => {
        const counts = [await signIn(bench), await signIn(bench)].map(({ counter }) => counter);
        const [first = 0, second = 0] = counts;
        ensure(
          second > first || (first === 0 && second === 0),
          `the counter does not grow: ${counts.join(', ')}`,
        );
      }),
      check(
        'u2f.check-only',
        'U2F raw messages §5.1',
        'check-only says whether the key knows a handle, without a touch',
        async (bench) => {
          const { application, keyHandle } = await made(bench);
          const ins = u2fInstruction.authenticate;
          const p1 = u2fControl.checkOnly;
          const known = authenticateData(bench, application, keyHandle);
          await expectWord(
            bench,
            { ins, p1, data: known },
            'given its own handle',
            u2fStatusWord.conditionsNotSatisfied,
          );
          const foreign = authenticateData(bench, bench.sha256(utf8Bytes('other')), keyHandle);
          await expectWord(
            bench,
            { ins, p1, data: foreign },
            'given its handle for another site',
            u2fStatusWord.wrongData,
          );
          const random = authenticateData(bench, application, bench.platform.random.bytes(64));
          await expectWord(
            bench,
            { ins, p1, data: random },
            'given a random handle',
            u2fStatusWord.wrongData,
          );
        },
      ),
      check(
        'u2f.ctap2',
        '§10.3',
        'getAssertion signs in with a credential that U2F made',
        async (bench) => {
          const { keyHandle, publicKey } = await made(bench);
          const proof = await bench.proof(permission.getAssertion);
          const clientDataHash = bench.platform.random.bytes(32);
          const client = await bench.client();
          const allowList = publicKeyDescriptors(keyHandle);
          const assertion = await client.getAssertion({ rpId: site, clientDataHash, allowList, ...proof });
          ensureBytes(assertion.credentialId, keyHandle, 'the credential id of the assertion');
          const signed = concatBytes(assertion.authData, clientDataHash);
          ensure(
            verifies(bench, coseOf(publicKey), signed, assertion.signature),
            'the signature does not verify',
          );
        },
        { needs: [needs.ctap2, needs.registration] },
      ),
    ]),
    check(
      'u2f.unknown-instruction',
      'U2F raw messages §3.3',
      'An unknown instruction is 6D00',
      async (bench) => {
        await expectWord(bench, { ins: 0x3f }, 'given instruction 3F', u2fStatusWord.instructionNotSupported);
      },
    ),
    check('u2f.class', 'U2F raw messages §3.3', 'A class other than 00 is 6E00', async (bench) => {
      await expectWord(
        bench,
        { cla: 0x5a, ins: u2fInstruction.version },
        'given class 5A',
        u2fStatusWord.classNotSupported,
      );
    }),
    check(
      'u2f.length',
      'U2F raw messages §3.3',
      'A registration of the wrong length is 6700',
      async (bench) => {
        const apdu = { ins: u2fInstruction.register, data: new Uint8Array(63) };
        await expectWord(bench, apdu, 'given 63 bytes to register', u2fStatusWord.wrongLength);
      },
    ),
    check(
      'u2f.short',
      'U2F raw messages §3.1',
      'VERSION works with short and with extended lengths',
      async (bench) => {
        for (const apdu of [Uint8Array.of(0, 3, 0, 0, 0), Uint8Array.of(0, 3, 0, 0, 0, 0, 0)]) {
          await expectWord(bench, apdu, `asked with ${apdu.length} bytes`, u2fStatusWord.noError);
        }
      },
    ),
  ]),
};
