import { bioEnrollmentSubCommand } from '../../ctap/messages/bio-enrollment.ts';
import { permission } from '../../ctap/permission.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { ensure, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';
import { enrollmentChecks } from './enrollment.ts';

/** authenticatorBioEnrollment (CTAP 2.3 §6.7). */
export const fingerprintsGroup: CheckGroup = {
  id: 'fingerprints',
  title: 'authenticatorBioEnrollment',
  section: '§6.7',
  checks: [
    ...withOptions({ needs: [needs.bioEnrollment] }, [
      check('fingerprints.modality', '§6.7.2', 'The modality is fingerprint', async (bench) => {
        const modality = await (await bench.client()).bioEnrollment.getModality();
        ensure(modality === 1, `the modality is ${modality}, not 1`);
      }),
      check(
        'fingerprints.sensor',
        '§6.7.3',
        'The sensor says what it is and how many samples it takes',
        async (bench) => {
          const sensor = await (await bench.client()).bioEnrollment.getFingerprintSensorInfo();
          ensure(
            [1, 2].includes(sensor.fingerprintKind),
            `the sensor has the unknown kind ${sensor.fingerprintKind}`,
          );
          ensure(sensor.maxCaptureSamplesRequiredForEnroll > 0, 'the sensor takes no samples');
        },
      ),
      check('fingerprints.token', '§6.7', 'Nothing is told or changed without a token', async (bench) => {
        const { bioEnrollment } = await bench.client();
        const run = bioEnrollment.request(bioEnrollmentSubCommand.enumerateEnrollments);
        await expectStatus(run, 'asked without a token', 'PUAT_REQUIRED', 'MISSING_PARAMETER');
      }),
      check(
        'fingerprints.none',
        '§6.7.6',
        'A key without fingerprints says INVALID_OPTION',
        async (bench) => {
          if (bench.facts.info?.options?.get('bioEnroll') === true) return;
          const token = await bench.token(permission.bioEnrollment);
          const run = (await bench.client()).bioEnrollment.enumerateEnrollments(token);
          await expectStatus(run, 'asked for its fingerprints', 'INVALID_OPTION');
        },
        { needs: [needs.knownPin] },
      ),
      check(
        'fingerprints.permission',
        '§6.7',
        'A token without the permission be is PIN_AUTH_INVALID',
        async (bench) => {
          const token = await bench.token(permission.getAssertion, 'rp.check.example');
          const run = (await bench.client()).bioEnrollment.enumerateEnrollments(token);
          await expectStatus(run, 'given another token', 'PIN_AUTH_INVALID');
        },
        { needs: [needs.knownPin, needs.token] },
      ),
    ]),
    ...enrollmentChecks,
  ],
};
