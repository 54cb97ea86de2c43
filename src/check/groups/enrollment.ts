import type { BioEnrollmentClient, EnrollmentSample } from '../../client/bio-enrollment-client.ts';
import { sameBytes } from '../../ctap/bytes.ts';
import { permission } from '../../ctap/permission.ts';
import type { Bench } from '../bench.ts';
import { check, withOptions, type Check } from '../check.ts';
import { ensure, ensureDefined, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';

/** Samples after which nobody can be asked for more, good ones and bad ones. */
const patienceOfAFinger = 20;

interface Session {
  readonly client: BioEnrollmentClient;
  readonly token: Awaited<ReturnType<Bench['token']>>;
}

async function open(bench: Bench): Promise<Session> {
  const token = await bench.token(permission.bioEnrollment);
  return { client: (await bench.client()).bioEnrollment, token };
}

/** Takes samples until the template is stored; resolves to its id. */
async function enroll(bench: Bench, { client, token }: Session): Promise<Uint8Array> {
  const first = await client.enrollBegin(token, bench.options.patience);
  ensure(first.templateId.length > 0, 'the template has an empty id');
  let last: EnrollmentSample = first;
  for (let taken = 1; last.remainingSamples > 0; taken += 1) {
    ensure(taken < patienceOfAFinger, `after ${taken} samples the key wants ${last.remainingSamples} more`);
    bench.askForAnotherTouch();
    const next = await client.enrollCaptureNextSample(token, first.templateId, bench.options.patience);
    ensureCounts(last, next);
    last = next;
  }
  return first.templateId;
}

/** A good sample is one less to go; a bad one changes nothing (CTAP 2.3 §6.7.4). */
function ensureCounts(before: EnrollmentSample, after: EnrollmentSample): void {
  const wasGood = after.lastEnrollSampleStatus === 0;
  const expected = before.remainingSamples - (wasGood ? 1 : 0);
  ensure(
    after.remainingSamples === expected,
    `${before.remainingSamples} samples were to go, and after a ${wasGood ? 'good' : 'bad'} one ${after.remainingSamples}`,
  );
}

async function templateOf(session: Session, id: Uint8Array) {
  const templates = await session.client.enumerateEnrollments(session.token);
  return templates.find((template) => sameBytes(template.templateId, id));
}

/** Enrols for one check, and takes the template away again. */
async function withTemplate(
  bench: Bench,
  run: (session: Session, id: Uint8Array) => Promise<void>,
): Promise<void> {
  const session = await open(bench);
  const id = await enroll(bench, session);
  await run(session, id);
  await session.client.removeEnrollment(session.token, id);
}

/** Enrolling, naming and removing (CTAP 2.3 §6.7.4 to §6.7.8): a person puts a finger on the sensor. */
export const enrollmentChecks: readonly Check[] = withOptions(
  { needs: [needs.bioEnrollment, needs.knownPin], state: 'pin', touch: true, replug: true },
  [
    check(
      'fingerprints.enroll',
      '§6.7.4',
      'A finger is enrolled in the samples that the key counts, listed, and removed',
      async (bench) => {
        const session = await open(bench);
        const id = await enroll(bench, session);
        ensureDefined(await templateOf(session, id), 'the new template is not listed');
        const { options } = await (await bench.client()).getInfo();
        ensure(options?.get('bioEnroll') === true, 'bioEnroll does not say that a finger is enrolled');
        await session.client.removeEnrollment(session.token, id);
        const again = session.client.removeEnrollment(session.token, id);
        await expectStatus(again, 'asked to remove it twice', 'INVALID_OPTION');
      },
    ),
    check('fingerprints.name', '§6.7.7', 'The name of a template is kept', async (bench) =>
      withTemplate(bench, async (session, id) => {
        await session.client.setFriendlyName(session.token, id, 'thumb');
        const { friendlyName } = ensureDefined(
          await templateOf(session, id),
          'the named template is not listed',
        );
        ensure(friendlyName === 'thumb', `the name is ${JSON.stringify(friendlyName)}`);
      }),
    ),
    check('fingerprints.name-length', '§6.7.7', 'A name that is too long is INVALID_LENGTH', async (bench) =>
      withTemplate(bench, async ({ client, token }, id) => {
        const { maxTemplateFriendlyName = 64 } = await client.getFingerprintSensorInfo();
        const run = client.setFriendlyName(token, id, 'x'.repeat(maxTemplateFriendlyName + 1));
        await expectStatus(run, 'given a name that is too long', 'INVALID_LENGTH');
      }),
    ),
    check(
      'fingerprints.unknown',
      '§6.7.4',
      'A template that is none cannot be named, removed or continued',
      async (bench) => {
        const { client, token } = await open(bench);
        const id = bench.platform.random.bytes(7);
        await expectStatus(client.setFriendlyName(token, id, 'x'), 'asked to name it', 'INVALID_OPTION');
        await expectStatus(client.removeEnrollment(token, id), 'asked to remove it', 'INVALID_OPTION');
        const next = client.enrollCaptureNextSample(token, id, bench.options.patience);
        await expectStatus(next, 'asked to go on with it', 'INVALID_OPTION');
      },
    ),
    check('fingerprints.cancel', '§6.7.5', 'An enrolment that is cancelled leaves nothing', async (bench) => {
      const { client, token } = await open(bench);
      const { remainingSamples, templateId } = await client.enrollBegin(token, bench.options.patience);
      await client.cancelCurrentEnrollment();
      if (remainingSamples === 0) return;
      const next = client.enrollCaptureNextSample(token, templateId, bench.options.patience);
      await expectStatus(next, 'asked to go on with it', 'INVALID_OPTION');
      const listed = client.enumerateEnrollments(token);
      await expectStatus(listed, 'asked for the fingers of nobody', 'INVALID_OPTION');
    }),
  ],
);
