/** A key that misbehaves, in a real browser, on a site that stands on somebody else's verifier. */
import { controlOf, type Control, type Rule } from '../control.ts';
import { closeDialogs } from '../dialog.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { requireError, requireVerified, type Ceremony } from '../relying-party.ts';
import { exchangeKey, type Setting } from '../setting.ts';
import type { VmTest } from '../suite.ts';

const KEY = 'default';
const TOUCH_ONLY = { userVerification: 'discouraged', residentKey: 'discouraged' };
const PASSKEY = { userVerification: 'required', residentKey: 'required' };

type Wish = Readonly<Record<string, unknown>>;

/** A ceremony with a fault, and what becomes of it. */
interface Row extends Rule {
  readonly register?: Wish;
  readonly signIn?: Wish;
  readonly from: 'browser' | 'server';
  readonly error: string;
  readonly says: RegExp;
}

const REGISTER = { user: 'alice', attestation: 'direct', exclude: false, ...TOUCH_ONLY };
const SIGN_IN = { user: 'alice', userVerification: 'discouraged' };
const VERIFIED_SIGN_IN = { user: 'grace', userVerification: 'required' };
const REFUSED = { from: 'server', error: 'VerificationFailed' } as const;
const NOT_ALLOWED = { from: 'browser', error: 'NotAllowedError', says: /./ } as const;

const OTHER_MODEL = /id-fido-gen-ce-aaguid.* was present but not equal/;
const BACKED_UP = /Single-device credential indicated that it was backed up/;

const ROWS: readonly Row[] = [
  { fault: 'attestation.signature', register: REGISTER, ...REFUSED, says: /attestation signature is wrong/ },
  { fault: 'attestation.expired', register: REGISTER, ...REFUSED, says: /Certificate not good after/ },
  { fault: 'attestation.aaguid', register: REGISTER, ...REFUSED, says: OTHER_MODEL },
  { fault: 'attestation.format', register: REGISTER, ...REFUSED, says: /Unsupported Attestation Format/ },
  { fault: 'ctap.aaguid', register: REGISTER, ...REFUSED, says: OTHER_MODEL },
  flag('UP', false, { register: REGISTER, ...REFUSED, says: /User presence was required/ }),
  flag('BS', true, { register: REGISTER, ...REFUSED, says: BACKED_UP }),
  { fault: 'ctap.signature', signIn: SIGN_IN, ...REFUSED, says: /The signature is wrong/ },
  flag('UP', false, { signIn: SIGN_IN, ...REFUSED, says: /User not present during authentication/ }),
  flag('BE', true, { signIn: SIGN_IN, from: 'server', error: 'BackupEligibilityChanged', says: /./ }),
  {
    ...{ fault: 'ctap.counter', parameters: { how: 'back' }, signIn: SIGN_IN },
    ...{ from: 'server', error: 'CounterWentBack', says: /./ },
  },
  { fault: 'ctap.user-handle', signIn: VERIFIED_SIGN_IN, from: 'server', error: 'WrongUser', says: /./ },
  // Chromium looks at this flag itself.
  flag('UV', false, { signIn: VERIFIED_SIGN_IN, ...NOT_ALLOWED }),
  { fault: 'ctap.rp-id-hash', signIn: SIGN_IN, ...NOT_ALLOWED },
  { fault: 'ctap.credential-id', signIn: SIGN_IN, ...NOT_ALLOWED },
  { fault: 'ctap.cbor-not-canonical', register: REGISTER, ...NOT_ALLOWED },
  { fault: 'ctap.cbor-truncated', signIn: SIGN_IN, ...NOT_ALLOWED },
  { fault: 'ctap.status', parameters: { status: 'OPERATION_DENIED' }, signIn: SIGN_IN, ...NOT_ALLOWED },
  { fault: 'ctaphid.error', signIn: SIGN_IN, ...NOT_ALLOWED },
  { fault: 'storage.full', register: REGISTER, ...NOT_ALLOWED },
];

function flag(name: string, set: boolean, rest: Omit<Row, 'fault' | 'parameters'>): Row {
  return { fault: 'ctap.flag', parameters: { flag: name, set }, ...rest };
}

function nameOf({ fault, parameters = {}, register, from, error }: Row): string {
  const values = Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`);
  const ceremony = register === undefined ? 'sign-in' : 'registration';
  return `${[fault, ...values].join(' ')} at ${ceremony}: ${error} from the ${from}`;
}

const prepare: VmTest<Setting> = {
  name: 'a key with a control server registers and signs in',
  limitSeconds: 150,
  run: async (setting) => {
    const { site } = setting;
    await exchangeKey(setting, 'faults', {
      args: ['--profile', 'keypad', '--attestation', 'basic', '--control'],
    });
    await site.open();
    for (const wish of [REGISTER, { user: 'grace', ...PASSKEY }]) requireVerified(await site.register(wish));
    const got = requireVerified(await site.signIn(SIGN_IN));
    requireVerified(await site.signIn(VERIFIED_SIGN_IN));
    return `counter ${got.counterBefore ?? '?'} → ${got.counterAfter ?? '?'}`;
  },
};

function faultTest(row: Row): VmTest<Setting> {
  return {
    name: nameOf(row),
    limitSeconds: 120,
    run: async (setting) => {
      const { site, key } = setting;
      const control = controlOf(key);
      await control.clearFaults(KEY);
      const { fault, parameters = {}, register, signIn = {}, from, error, says } = row;
      await control.addFault(KEY, { fault, parameters, scope: { next: 1 } });
      const ceremony = register === undefined ? site.signIn(signIn) : site.register(register);
      const result = from === 'server' ? await ceremony : await dismissed(setting, control, ceremony);
      const said = requireError(result, error, from);
      expectThat(`words like ${String(says)}`, says.test(said), said);
      await control.untilCommitted(KEY);
      return said;
    },
  };
}

/** The browser knows that something is wrong, and shows it until its user goes. */
async function dismissed(setting: Setting, control: Control, ceremony: Promise<Ceremony>): Promise<Ceremony> {
  await control.untilCommitted(KEY);
  await closeDialogs(setting.screen, ceremony, `${setting.browser.name} fault`);
  return ceremony;
}

const recovered: VmTest<Setting> = {
  name: 'after all these faults the key signs in as before',
  limitSeconds: 90,
  run: async ({ site, key }) => {
    await controlOf(key).clearFaults(KEY);
    const got = requireVerified(await site.signIn(SIGN_IN));
    return `counter ${got.counterBefore ?? '?'} → ${got.counterAfter ?? '?'}`;
  },
};

const unplugged: VmTest<Setting> = {
  name: 'unplugged while it waits for a touch, plugged in again, touched: the ceremony succeeds',
  limitSeconds: 150,
  run: async ({ site, key }) => {
    const control = controlOf(key);
    await control.setHabit(KEY, 'ask');
    const ceremony = site.register({ user: 'unplugged', ...TOUCH_ONLY });
    await control.waitForQuestion(KEY);
    await control.move(KEY, 'unplug');
    await control.move(KEY, 'plug');
    await control.touch(KEY, await control.waitForQuestion(KEY));
    const made = requireVerified(await ceremony);
    return `credential ${made.credentialId.slice(0, 12)}…`;
  },
};

const goneForGood: VmTest<Setting> = {
  name: 'unplugged while it waits, and left so: NotAllowedError',
  limitSeconds: 150,
  run: async (setting) => {
    const { site, key } = setting;
    const control = controlOf(key);
    const ceremony = site.signIn({ user: 'unplugged', userVerification: 'discouraged' });
    await control.waitForQuestion(KEY);
    await control.move(KEY, 'unplug');
    await closeDialogs(setting.screen, ceremony, `${setting.browser.name} without a key`);
    await control.move(KEY, 'plug');
    return requireError(await ceremony, 'NotAllowedError', 'browser');
  },
};

const twoKeys: VmTest<Setting> = {
  name: 'two keys, the second touched: it has the credential, and signs in',
  limitSeconds: 150,
  run: async ({ site, key }) => {
    const control = controlOf(key);
    await control.setHabit(KEY, 'ask');
    const before = await control.keys();
    await control.call('POST', '/keys', { id: 'second', transports: ['uhid'], consent: { action: 'ask' } });
    const made = site.register({ user: 'two', ...TOUCH_ONLY });
    await control.waitForQuestion(KEY);
    await control.touch('second', await control.waitForQuestion('second'));
    requireVerified(await made);
    const counts = (await control.keys()).map(({ id, credentialCount }) => [id, credentialCount]);
    expectEqual('credentials', counts, [
      ...before.map((each) => [each.id, each.credentialCount]),
      ['second', 1],
    ]);
    // The first goes: Chromium ends a sign-in as soon as one key says that it has no credential, whatever another has.
    await control.move(KEY, 'unplug');
    const got = site.signIn({ user: 'two', userVerification: 'discouraged' });
    await control.touch('second', await control.waitForQuestion('second'));
    requireVerified(await got);
    await control.call('DELETE', '/keys/second');
    await control.move(KEY, 'plug');
    return JSON.stringify(counts);
  },
};

export const faultTests: readonly VmTest<Setting>[] = [
  ...[prepare, ...ROWS.map(faultTest), recovered],
  ...[unplugged, goneForGood, twoKeys],
];
