import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import type { FingerprintSample } from '../../src/ports/consent.ts';
import { enrolFinger, fingerprintKey, openFingerprintKey, sensor } from '../support/fingerprints.ts';
import {
  bit,
  openKey,
  outcome,
  pin,
  rawOutcome,
  replugged,
  snapshot,
  tokenByPin,
  withoutPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
let token: PinUvAuthToken;
beforeEach(async () => {
  ({ token, ...opened } = await openFingerprintKey());
});

const bio = () => opened.client.bioEnrollment;
const enrol = () => enrolFinger(opened.client, token);
const unknown = Uint8Array.of(9, 9);
const templateCount = () => opened.key.keystore.state().fingerprints.length;
const options = async () => (await opened.client.getInfo()).options;

const statuses: Record<Exclude<FingerprintSample, 'good'>, number> = {
  'too-high': 0x01,
  'too-low': 0x02,
  'too-left': 0x03,
  'too-right': 0x04,
  'too-fast': 0x05,
  'too-slow': 0x06,
  'poor-quality': 0x07,
  'too-skewed': 0x08,
  'too-short': 0x09,
  'merge-failure': 0x0a,
  exists: 0x0b,
  'no-user-presence-transition': 0x0e,
};

describe('what the sensor is §6.7.2, §6.7.3', () => {
  it('is told to anybody', async () => {
    expect(await bio().getModality()).toBe(1);
    expect(await bio().getFingerprintSensorInfo()).toEqual({
      fingerprintKind: 1,
      maxCaptureSamplesRequiredForEnroll: 3,
      maxTemplateFriendlyName: 16,
    });
  });

  it('may be one for swipes', async () => {
    opened = await openKey({ ...fingerprintKey, bioEnrollment: { ...sensor, kind: 'swipe' } });
    expect((await bio().getFingerprintSensorInfo()).fingerprintKind).toBe(2);
  });

  it('is not there: the command is unknown, and so are option and permission', async () => {
    opened = await openKey();
    expect(await outcome(bio().getModality())).toBe('INVALID_COMMAND');
    expect((await options())?.has('bioEnroll')).toBe(false);
    await opened.client.clientPin.setPin(pin);
    expect(await outcome(tokenByPin(opened.client, bit.be))).toBe('UNAUTHORIZED_PERMISSION');
  });
});

describe('enrolment §6.7.4', () => {
  it('takes good samples until the template is stored', async () => {
    const begun = await bio().enrollBegin(token);
    expect(begun).toMatchObject({ lastEnrollSampleStatus: 0, remainingSamples: 2 });
    expect(await bio().enrollCaptureNextSample(token, begun.templateId)).toEqual({
      lastEnrollSampleStatus: 0,
      remainingSamples: 1,
    });
    expect(templateCount()).toBe(0);
    expect((await bio().enrollCaptureNextSample(token, begun.templateId)).remainingSamples).toBe(0);
    expect(await bio().enumerateEnrollments(token)).toEqual([
      { templateId: begun.templateId, friendlyName: '' },
    ]);
    expect(opened.key.user.questions.map(({ kind, purpose }) => [kind, purpose])).toEqual(
      Array(3).fill(['presence', 'enroll-fingerprint']),
    );
    expect(await outcome(bio().enrollCaptureNextSample(token, begun.templateId))).toBe('INVALID_OPTION');
  });

  it.each(Object.entries(statuses))('does not count a sample that is %s', async (sample, status) => {
    const bad = { outcome: 'approved', sample: sample as FingerprintSample } as const;
    opened.key.user.next(bad, bad);
    const begun = await bio().enrollBegin(token);
    expect(begun).toMatchObject({ lastEnrollSampleStatus: status, remainingSamples: 3 });
    expect(await bio().enrollCaptureNextSample(token, begun.templateId)).toEqual({
      lastEnrollSampleStatus: status,
      remainingSamples: 3,
    });
    expect((await bio().enrollCaptureNextSample(token, begun.templateId)).remainingSamples).toBe(2);
  });

  it('takes a finger that fails to match for a poor one', async () => {
    opened.key.user.next('fail');
    expect(await bio().enrollBegin(token)).toMatchObject({ lastEnrollSampleStatus: 7, remainingSamples: 3 });
  });

  it('says that nobody was there, and waits as long as it was asked to', async () => {
    opened.key.user.next('ignore', 'ignore', 'ignore');
    const first = bio().enrollBegin(token, 5000);
    await opened.key.clock.advanceAsync(5000);
    const begun = await first;
    expect(begun).toMatchObject({ lastEnrollSampleStatus: 0x0d, remainingSamples: 3 });
    for (const timeout of [0, 60_000]) {
      const next = bio().enrollCaptureNextSample(token, begun.templateId, timeout);
      await opened.key.clock.advanceAsync(30_000);
      expect((await next).lastEnrollSampleStatus).toBe(0x0d);
    }
    expect(opened.key.user.questions.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, 30_000, 30_000]);
  });

  it('goes on after a sample that the user refused', async () => {
    const { templateId } = await bio().enrollBegin(token);
    opened.key.user.next('deny');
    expect(await outcome(bio().enrollCaptureNextSample(token, templateId))).toBe('OPERATION_DENIED');
    expect((await bio().enrollCaptureNextSample(token, templateId)).remainingSamples).toBe(1);
  });

  it('ends a sample that the platform cancels', async () => {
    const { templateId } = await bio().enrollBegin(token);
    opened.key.user.next('ignore');
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const pending = outcome(bio().enrollCaptureNextSample(token, templateId, undefined, options));
    await opened.key.clock.advanceAsync(100);
    abort.abort();
    expect(await pending).toBe('KEEPALIVE_CANCEL');
    expect(templateCount()).toBe(0);
  });

  it('survives other commands, also those that end other sequences', async () => {
    const { templateId } = await bio().enrollBegin(token);
    await opened.client.getInfo();
    await opened.client.selection();
    await opened.key.clock.advanceAsync(60_000);
    expect((await bio().enrollCaptureNextSample(token, templateId)).remainingSamples).toBe(1);
  });

  it.each([
    ['cancelCurrentEnrollment', () => bio().cancelCurrentEnrollment()],
    ['a new enrolment', () => bio().enrollBegin(token)],
    ['a change from outside', () => opened.key.keystore.openHandle().updateState({ signCount: 7 })],
  ])('ends with %s', async (_name, end) => {
    const { templateId } = await bio().enrollBegin(token);
    await end();
    token = await tokenByPin(opened.client, bit.be);
    expect(await outcome(bio().enrollCaptureNextSample(token, templateId))).toBe('INVALID_OPTION');
  });

  it('ends with a new enrolment also when that one fails', async () => {
    const { templateId } = await bio().enrollBegin(token);
    opened.key.user.next('deny');
    expect(await outcome(bio().enrollBegin(token))).toBe('OPERATION_DENIED');
    expect(await outcome(bio().enrollCaptureNextSample(token, templateId))).toBe('INVALID_OPTION');
  });

  it('ends with a power cycle', async () => {
    const { templateId } = await bio().enrollBegin(token);
    opened = await replugged(opened);
    token = await tokenByPin(opened.client, bit.be);
    expect(await outcome(bio().enrollCaptureNextSample(token, templateId))).toBe('INVALID_OPTION');
  });

  it('wants the template that is being enrolled', async () => {
    await bio().enrollBegin(token);
    expect(await outcome(bio().enrollCaptureNextSample(token, unknown))).toBe('INVALID_OPTION');
  });

  it('finds no room beyond the limit, before it asks for a finger', async () => {
    for (let n = 0; n < 3; n++) await enrol();
    opened.key.user.questions.length = 0;
    expect(await outcome(bio().enrollBegin(token))).toBe('FP_DATABASE_FULL');
    expect(opened.key.user.questions).toEqual([]);
    const [first] = await bio().enumerateEnrollments(token);
    await bio().removeEnrollment(token, first!.templateId);
    expect(await outcome(bio().enrollBegin(token))).toBe('OK');
  });

  it('has nothing to cancel, which is fine', async () => {
    expect(await outcome(bio().cancelCurrentEnrollment())).toBe('OK');
  });
});

describe('templates §6.7.6 to §6.7.8', () => {
  it('are named, renamed, and told in their order', async () => {
    const [one, two] = [await enrol(), await enrol()];
    await bio().setFriendlyName(token, two, 'right thumb');
    expect(await bio().enumerateEnrollments(token)).toEqual([
      { templateId: one, friendlyName: '' },
      { templateId: two, friendlyName: 'right thumb' },
    ]);
    await bio().setFriendlyName(token, two, '');
    expect(await bio().enumerateEnrollments(token)).toEqual([
      { templateId: one, friendlyName: '' },
      { templateId: two, friendlyName: '' },
    ]);
  });

  it('have names of so many bytes', async () => {
    const template = await enrol();
    expect(await outcome(bio().setFriendlyName(token, template, 'ä'.repeat(8)))).toBe('OK');
    expect(await outcome(bio().setFriendlyName(token, template, `${'ä'.repeat(8)}.`))).toBe('INVALID_LENGTH');
    expect((await bio().enumerateEnrollments(token))[0]?.friendlyName).toBe('ä'.repeat(8));
  });

  it('are removed one by one', async () => {
    const [one, two] = [await enrol(), await enrol()];
    await bio().removeEnrollment(token, one);
    expect(await bio().enumerateEnrollments(token)).toEqual([{ templateId: two, friendlyName: '' }]);
    expect(await outcome(bio().removeEnrollment(token, one))).toBe('INVALID_OPTION');
  });

  it('are INVALID_OPTION when there are none, or not this one', async () => {
    expect(await outcome(bio().enumerateEnrollments(token))).toBe('INVALID_OPTION');
    expect(await outcome(bio().setFriendlyName(token, unknown, 'x'))).toBe('INVALID_OPTION');
    await enrol();
    const before = snapshot(opened.key.keystore);
    expect(await outcome(bio().setFriendlyName(token, unknown, 'x'))).toBe('INVALID_OPTION');
    expect(await outcome(bio().removeEnrollment(token, unknown))).toBe('INVALID_OPTION');
    expect(snapshot(opened.key.keystore)).toBe(before);
  });

  it('outlive a power cycle and die with a reset', async () => {
    await enrol();
    opened = await replugged(opened);
    expect((await options())?.get('bioEnroll')).toBe(true);
    await opened.client.reset();
    expect((await options())?.get('bioEnroll')).toBe(false);
    expect(templateCount()).toBe(0);
  });
});

describe('the order of checks §6.7', () => {
  const send = (...members: (readonly [number, CborValue])[]) =>
    rawOutcome(opened.client, 0x09, cborMap(members));
  const params = (...members: (readonly [number, CborValue])[]) => [3, cborMap(members)] as const;
  const wrongParam = [5, new Uint8Array(32)] as const;

  it('asks for a subcommand, unless it asks for the modality', async () => {
    expect(await send()).toBe('MISSING_PARAMETER');
    expect(await send([1, 1])).toBe('MISSING_PARAMETER');
    expect(await send([6, false])).toBe('MISSING_PARAMETER');
    expect(await send([6, true], [2, 99])).toBe('OK');
    expect(await send([6, 1])).toBe('CBOR_UNEXPECTED_TYPE');
  });

  it('knows its subcommands', async () => {
    for (const subCommand of [0, 8, 255])
      expect(await send([1, 1], [2, subCommand])).toBe('INVALID_SUBCOMMAND');
    expect(await send([2, 7])).toBe('OK');
    expect(await send([2, 3])).toBe('OK');
  });

  it('is PUAT_REQUIRED, then missing, then invalid, then too long, then unauthorised', async () => {
    for (const subCommand of [1, 2, 4, 5, 6]) {
      expect(await send([2, subCommand])).toBe('PUAT_REQUIRED');
      expect(await send([2, subCommand], wrongParam)).toBe('MISSING_PARAMETER');
    }
    for (const subCommand of [2, 5, 6]) {
      expect(await send([1, 2], [2, subCommand], [4, 2], wrongParam)).toBe('MISSING_PARAMETER');
    }
    expect(await send([1, 1], [2, 5], params([1, unknown]), [4, 2], wrongParam)).toBe('MISSING_PARAMETER');
    const long = params([1, unknown], [2, 'x'.repeat(17)]);
    expect(await send([1, 2], [2, 5], long, wrongParam)).toBe('INVALID_PARAMETER');
    expect(await send([1, 1], [2, 5], long, wrongParam)).toBe('MISSING_PARAMETER');
    expect(await send([1, 1], [2, 5], long, [4, 3], wrongParam)).toBe('INVALID_PARAMETER');
    expect(await send([1, 1], [2, 5], long, [4, 2], wrongParam)).toBe('INVALID_LENGTH');
    const short = params([1, unknown], [2, 'x']);
    expect(await send([1, 1], [2, 5], short, [4, 2], wrongParam)).toBe('PIN_AUTH_INVALID');
  });

  it('wants the permission be', async () => {
    const other = await tokenByPin(opened.client, bit.cm);
    expect(await outcome(bio().enrollBegin(other))).toBe('PIN_AUTH_INVALID');
    const legacy = await opened.client.clientPin.getPinToken(pin);
    expect(await outcome(bio().enumerateEnrollments(legacy))).toBe('PIN_AUTH_INVALID');
    expect(opened.key.user.questions).toEqual([]);
  });

  it('covers the parameters as they were sent', async () => {
    const template = await enrol();
    const signed = token.authenticate(Uint8Array.of(1, 6));
    expect(await send([1, 1], [2, 6], params([1, template]), [4, 2], [5, signed])).toBe('PIN_AUTH_INVALID');
    expect(templateCount()).toBe(1);
  });

  it('takes a token of protocol one, again and again', async () => {
    token = await tokenByPin(opened.client, bit.be, undefined, 1);
    await enrol();
    await enrol();
    expect(await bio().enumerateEnrollments(token)).toHaveLength(2);
  });

  it('needs a token even on a key without any protection', async () => {
    opened = await openKey(fingerprintKey);
    expect(await outcome(bio().request(1))).toBe('PUAT_REQUIRED');
    opened = await openKey({ ...fingerprintKey, ...withoutPin });
    expect(await outcome(bio().request(1))).toBe('PUAT_REQUIRED');
  });
});

describe('built-in verification by fingerprint', () => {
  const byUv = (permissions: number) =>
    outcome(opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions, rpId: 'example.com' }));

  it('is set up with the first finger and gone with the last', async () => {
    const set = async () => [(await options())?.get('uv'), (await options())?.get('bioEnroll')];
    expect(await set()).toEqual([false, false]);
    const [one, two] = [await enrol(), await enrol()];
    expect(await set()).toEqual([true, true]);
    await bio().removeEnrollment(token, one);
    expect(await set()).toEqual([true, true]);
    await bio().removeEnrollment(token, two);
    expect(await set()).toEqual([false, false]);
  });

  it('is not allowed while no finger is enrolled', async () => {
    expect(await byUv(bit.mc)).toBe('NOT_ALLOWED');
    const { uvRetries } = opened.key.keystore.state();
    expect(await opened.client.clientPin.getUvRetries()).toBe(uvRetries);
    await enrol();
    expect(await byUv(bit.mc)).toBe('OK');
  });

  it('gives permission be only if the key says so', async () => {
    await enrol();
    expect(await byUv(bit.be)).toBe('UNAUTHORIZED_PERMISSION');
    expect((await options())?.has('uvBioEnroll')).toBe(false);
    ({ token, ...opened } = await openFingerprintKey({ uvBioEnroll: true }));
    expect((await options())?.get('uvBioEnroll')).toBe(true);
    await enrol();
    token = await opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.be });
    await enrol();
    expect(await bio().enumerateEnrollments(token)).toHaveLength(2);
  });

  it('is announced under its final name and that of its prototype', async () => {
    const info = await opened.client.getInfo();
    expect(info.uvModality).toBe(2);
    expect(info.options?.get('userVerificationMgmtPreview')).toBe(info.options?.get('bioEnroll'));
  });
});
