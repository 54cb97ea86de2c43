/** Unmodified browsers with Fauxkey as the security key, on a site that verifies what they send. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from '../browser.ts';
import { chromium } from '../browser-chromium.ts';
import { firefox } from '../browser-firefox.ts';
import { answerDialogs, type Answer } from '../dialog.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { makeCredential } from '../fido2-tools.ts';
import { fauxkey, requireEvent } from '../key.ts';
import { scratch } from '../places.ts';
import { requireError, requireVerified, type Shown } from '../relying-party.ts';
import { output } from '../process.ts';
import { exchangeKey, failing, setUpBrowser, type Setting } from '../setting.ts';
import { defineSuite, type Suite, type VmTest } from '../suite.ts';
import { faultTests } from './browser-faults.ts';
import { chromiumKinds, firefoxKinds } from './kinds.ts';
import { usbipInChromium, usbipInFirefox } from './usbip.ts';

const PIN = '4711';
const NO_CREDENTIALS = 0x2e;
const OPERATION_DENIED = 0x27;
const TOUCH_ONLY = { userVerification: 'discouraged', residentKey: 'discouraged' };

async function showResult({ screen, browser }: Setting, step: string): Promise<void> {
  await screen.settle();
  screen.capture(`${browser.name} ${step}`);
}

function summary(shown: Shown): string {
  return [...shown].map(([label, value]) => `${label} ${value.replaceAll('\n', ' ')}`).join(', ');
}

const registerByForm: VmTest<Setting> = {
  name: 'register, with the form of the page',
  limitSeconds: 120,
  run: async (setting) => {
    const choices = { '#resident-key': 'discouraged', '#register-uv': 'discouraged' };
    const shown = await setting.site.submit('#register', choices);
    await showResult(setting, 'registered');
    expectEqual('verdict', shown.get('Verdict'), 'Registration: verified');
    expectEqual('transports', shown.get('Transports'), 'usb');
    expectEqual('attachment', shown.get('Attachment'), 'cross-platform');
    expectThat('UP', shown.get('Flags')?.includes('✓ UP') === true, shown.get('Flags'));
    return summary(shown);
  },
};

const signInByForm: VmTest<Setting> = {
  name: 'sign in, with the form of the page',
  limitSeconds: 120,
  run: async (setting) => {
    const shown = await setting.site.submit('#sign-in', { '#sign-in-uv': 'discouraged' });
    await showResult(setting, 'signed in');
    expectEqual('verdict', shown.get('Verdict'), 'Sign-in: verified');
    expectEqual('attachment', shown.get('Attachment'), 'cross-platform');
    return summary(shown);
  },
};

const transports: VmTest<Setting> = {
  name: 'getTransports() is usb, authenticatorAttachment is cross-platform',
  limitSeconds: 60,
  run: async ({ site }) => {
    const made = requireVerified(await site.register({ user: 'ada', attestation: 'direct', ...TOUCH_ONLY }));
    expectEqual('transports', made.transports, ['usb']);
    expectEqual('attachment', made.authenticatorAttachment, 'cross-platform');
    const got = requireVerified(await site.signIn({ user: 'ada', userVerification: 'discouraged' }));
    expectEqual('attachment at sign-in', got.authenticatorAttachment, 'cross-platform');
    expectEqual('UV', [made.flags.uv, got.flags.uv], [false, false]);
    const counters = `${got.counterBefore ?? '?'} → ${got.counterAfter ?? '?'}`;
    return `transports usb, attachment cross-platform, attestation ${made.fmt ?? '?'}, counter ${counters}`;
  },
};

const excluded: VmTest<Setting> = {
  name: 'a second registration of the same account is InvalidStateError',
  limitSeconds: 60,
  run: async (setting) => {
    const again = setting.site.register({ user: 'ada', ...TOUCH_ONLY });
    return requireError(await failing(setting, 'excluded', again), 'InvalidStateError', 'browser');
  },
};

const otherRpId: VmTest<Setting> = {
  name: 'example.com cannot be named by a page of localhost: SecurityError',
  limitSeconds: 60,
  run: async ({ site }) => {
    const made = await site.register({ user: 'eve', rpId: 'example.com' });
    requireError(made, 'SecurityError', 'browser');
    return requireError(await site.signIn({ rpId: 'example.com' }), 'SecurityError', 'browser');
  },
};

const otherCredential: VmTest<Setting> = {
  name: 'a credential that the key has for example.com does not sign for localhost',
  limitSeconds: 90,
  run: async (setting) => {
    const { credentialId } = await makeCredential(setting.key.node, { rpId: 'example.com' });
    const id = Buffer.from(credentialId, 'base64').toString('base64url');
    const attempt = setting.site.signIn({ credentials: [id], userVerification: 'discouraged' });
    const refused = requireError(
      await failing(setting, 'not for this site', attempt),
      'NotAllowedError',
      'browser',
    );
    await requireEvent(setting.key, { event: 'command', name: 'getAssertion', status: NO_CREDENTIALS });
    return `the key has ${id.slice(0, 12)}… for example.com; ${refused}`;
  },
};

const counter: VmTest<Setting> = {
  name: 'the server catches a signature counter that went back',
  limitSeconds: 120,
  run: async ({ site, keystore }) => {
    const copy = join(scratch('copy'), 'key.json');
    writeFileSync(copy, await fauxkey(keystore, ['export', '--with-secrets']));
    requireVerified(await site.signIn({ user: 'ada', userVerification: 'discouraged' }));
    const good = requireVerified(await site.signIn({ user: 'ada', userVerification: 'discouraged' }));
    await fauxkey(keystore, ['import', '--on-conflict', 'replace', copy]);
    const caught = await site.signIn({ user: 'ada', userVerification: 'discouraged' });
    const said = requireError(caught, 'CounterWentBack', 'server');
    return `counter ${good.counterAfter ?? '?'} verified, then a copy from before it: ${said}`;
  },
};

const setPin: VmTest<Setting> = {
  name: 'a PIN is set in the surface of the browser, and used to register a discoverable credential',
  limitSeconds: 240,
  run: async ({ browser, screen, site, key }) => {
    const wish = { user: 'grace', userVerification: 'required', residentKey: 'required' };
    const made = requireVerified(await browser.setPin(screen, PIN, () => site.register(wish)));
    expectEqual('UV', made.flags.uv, true);
    const info = await output('fido2-token', ['-I', key.node]);
    expectThat('clientPin to be on', /^options:.*(?<!no)clientPin\b/m.test(info), info);
    return `PIN set, UV in the flags, discoverable credential ${made.credentialId.slice(0, 12)}…`;
  },
};

const usernameless: VmTest<Setting> = {
  name: 'usernameless sign in with the discoverable credential and the PIN',
  limitSeconds: 90,
  run: async ({ browser, screen, site }) => {
    const attempt = site.signIn({ userVerification: 'required' });
    const answers: Answer[] = [{ show: `${browser.name} PIN`, fields: [PIN], press: 'Return' }];
    if (browser.confirmsAccount) answers.push({ show: `${browser.name} account`, press: 'Return' });
    const got = requireVerified(await answerDialogs(screen, attempt, answers));
    expectEqual('account', got.user, 'grace');
    expectEqual('UV', got.flags.uv, true);
    expectThat('a user handle', typeof got.userHandle === 'string', got);
    return `the key named ${got.user}, user handle ${got.userHandle ?? '?'}, UV in the flags`;
  },
};

const denial: VmTest<Setting> = {
  name: 'a user who says no: NotAllowedError for both ceremonies',
  limitSeconds: 150,
  run: async (setting) => {
    const { site, keystore } = setting;
    await exchangeKey(setting, 'deny', { keystore, consent: 'deny' });
    const got = site.signIn({ user: 'alice', userVerification: 'discouraged' });
    requireError(await failing(setting, 'sign-in denied', got), 'NotAllowedError', 'browser');
    await requireEvent(setting.key, { event: 'command', name: 'getAssertion', status: OPERATION_DENIED });
    const made = site.register({ user: 'mallory', ...TOUCH_ONLY });
    const said = requireError(
      await failing(setting, 'registration denied', made),
      'NotAllowedError',
      'browser',
    );
    await requireEvent(setting.key, { event: 'command', name: 'makeCredential', status: OPERATION_DENIED });
    return said;
  },
};

const TESTS = [
  ...[registerByForm, signInByForm, transports, excluded, otherRpId, otherCredential, counter],
  ...[setPin, usernameless, denial],
];

function browserSuite(browser: Browser, more: readonly VmTest<Setting>[]): Suite {
  return defineSuite<Setting>({
    name: browser.name,
    setUpLimitSeconds: 400,
    setUp: (scope) => setUpBrowser(scope, browser),
    tests: [...TESTS, ...more],
    afterFailure: async ({ screen, site }) => {
      screen.capture(`${browser.name} failure`);
      await site.open();
    },
  });
}

export const browserSuites: readonly Suite[] = [
  browserSuite(chromium, [...chromiumKinds, ...faultTests, ...usbipInChromium]),
  browserSuite(firefox, [...firefoxKinds, ...usbipInFirefox]),
];
