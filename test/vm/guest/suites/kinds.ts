/** What kinds of key a browser can meet, and every extension that a site can ask of it. */
import { randomBytes } from 'node:crypto';
import { SettingsService } from '@simplewebauthn/server';
import { create, get, register, requireAnswer, signIn, type Json, type Registered } from '../ceremony.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { fauxkey, requireEvent } from '../key.ts';
import { output } from '../process.ts';
import { exchangeKey, failing, type Setting } from '../setting.ts';
import { verifySelfAttestation } from '../signature.ts';
import type { VmTest } from '../suite.ts';

const PIN = '4711';
const NO_CREDENTIALS = 0x2e;
const NO_AAGUID = '00000000-0000-0000-0000-000000000000';
const USER_VERIFIED = { userVerification: 'required' } as const;
const PASSKEY = { userVerification: 'required', residentKey: 'required' } as const;

const ES256 = -7;
const EDDSA = -8;
const ESP256 = -9;
const ED25519 = -19;
const ES384 = -35;
const ML_DSA_65 = -49;
const RS256 = -257;

function test(name: string, run: (setting: Setting) => Promise<string>): VmTest<Setting> {
  return { name, limitSeconds: 120, run };
}

const bytes = (count: number): string => randomBytes(count).toString('base64url');

/** Extension outputs that the key signed; a browser may have asked for more than the site did. */
const signed = (made: { readonly signedExtensions: unknown }): Json => (made.signedExtensions ?? {}) as Json;

interface PrfResults {
  readonly first: string;
  readonly second: string;
}

function prfResults(extensions: Json): PrfResults {
  const { results } = extensions['prf'] as { readonly results?: PrfResults };
  if (results === undefined) throw new Error(`no PRF results in ${JSON.stringify(extensions)}`);
  for (const result of [results.first, results.second]) {
    expectEqual('bytes of a PRF result', Buffer.from(result, 'base64url').length, 32);
  }
  return results;
}

const salts = (first: string, second: string): Json => ({ prf: { eval: { first, second } } });

async function evaluate({ site, page }: Setting, made: Registered, wish: Json): Promise<PrfResults> {
  return prfResults((await signIn(site, page, made, { ...USER_VERIFIED, extensions: wish })).extensions);
}

/** Results at registration where the browser gives them, else at the first sign-in. */
async function makeWithPrf(
  setting: Setting,
  user: string,
  wish: Json,
): Promise<{ readonly made: Registered; readonly results: PrfResults }> {
  const { browser, site, page } = setting;
  const made = await register(site, page, { user, ...PASSKEY, extensions: wish });
  expectEqual('prf.enabled', (made.extensions['prf'] as { readonly enabled: boolean }).enabled, true);
  const atCreate = browser.evaluatesPrfAtCreate;
  return { made, results: atCreate ? prfResults(made.extensions) : await evaluate(setting, made, wish) };
}

const prf = test('PRF: one result per salt and credential, whenever it is asked for', async (setting) => {
  await exchangeKey(setting, 'keypad', { args: ['--profile', 'keypad'] });
  const [first, second, third] = [bytes(32), bytes(32), bytes(32)];
  const { made, results } = await makeWithPrf(setting, 'ada', salts(first, second));
  const swapped = await evaluate(setting, made, salts(second, first));
  expectEqual('results at get', swapped, { first: results.second, second: results.first });
  const another = await evaluate(setting, made, salts(third, first));
  expectEqual('the result for the first salt', another.second, results.first);
  const other = await makeWithPrf(setting, 'bob', salts(first, second));
  const all = [results.first, results.second, another.first, other.results.first, other.results.second];
  expectEqual('different results', new Set(all).size, all.length);
  const where = setting.browser.evaluatesPrfAtCreate ? 'at create and get' : 'at get';
  return `${results.first.slice(0, 12)}… for the first salt, ${where}; ${all.length} results differ`;
});

const largeBlob = test('largeBlob: what was written is read, byte for byte', async ({ site, page }) => {
  const wish = { user: 'grace', ...PASSKEY, extensions: { largeBlob: { support: 'required' } } };
  const made = await register(site, page, wish);
  expectEqual('at create', made.extensions['largeBlob'], { supported: true });
  const blob = bytes(1500);
  const ask = async (largeBlob: Json): Promise<unknown> => {
    const got = await signIn(site, page, made, { ...USER_VERIFIED, extensions: { largeBlob } });
    return got.extensions['largeBlob'];
  };
  expectEqual('at write', await ask({ write: blob }), { written: true });
  expectEqual('at read', await ask({ read: true }), { blob });
  return `1500 bytes, ${blob.slice(0, 12)}…`;
});

const credBlob = test('credBlob: stored at create, given back at get', async ({ site, page }) => {
  const blob = bytes(32);
  const made = await register(site, page, { user: 'blob', ...PASSKEY, extensions: { credBlob: blob } });
  expectEqual('signed at create', signed(made)['credBlob'], true);
  const got = await signIn(site, page, made, { ...USER_VERIFIED, extensions: { getCredBlob: true } });
  const given = Buffer.from(signed(got)['credBlob'] as Uint8Array);
  expectEqual('signed at get', given.toString('base64url'), blob);
  expectEqual('told to the page', got.extensions['getCredBlob'], blob);
  return `32 bytes, ${blob.slice(0, 12)}…`;
});

const credProps = test('credProps: rk is true for a passkey, else false', async ({ site, page }) => {
  const extensions = { credProps: true };
  const passkey = await register(site, page, { user: 'rk', ...PASSKEY, extensions });
  const second = await register(site, page, { user: 'no rk', extensions });
  expectEqual('of the passkey', passkey.extensions['credProps'], { rk: true });
  expectEqual('of the other', second.extensions['credProps'], { rk: false });
  return 'rk true, rk false';
});

const credProtect = test('credProtect level 3: no use without user verification', async (setting) => {
  const { site, page } = setting;
  const extensions = {
    credentialProtectionPolicy: 'userVerificationRequired',
    enforceCredentialProtectionPolicy: true,
  };
  const made = await register(site, page, { user: 'protected', ...PASSKEY, extensions });
  expectEqual('signed at create', signed(made)['credProtect'], 3);
  await signIn(site, page, made, USER_VERIFIED);
  const refused = await failing(setting, 'credProtect', get(page, made));
  expectEqual('without UV', refused.ok ? refused : refused.error.name, 'NotAllowedError');
  await requireEvent(setting.key, { event: 'command', name: 'getAssertion', status: NO_CREDENTIALS });
  return 'signed in with UV, NO_CREDENTIALS without';
});

function only(name: string, algorithm: number): VmTest<Setting> {
  return test(`a site that takes ${name} only`, async (setting) => {
    const { fmt } = await onlyKnown(setting, algorithm);
    return `COSE algorithm ${algorithm}, ${fmt}, both signatures verified`;
  });
}

async function onlyKnown({ site, page }: Setting, algorithm: number): Promise<Registered> {
  const wish = { user: String(algorithm), algorithms: [algorithm], attestation: 'direct' } as const;
  const made = await register(site, page, wish);
  expectEqual('algorithm', made.algorithm, algorithm);
  await signIn(site, page, made);
  return made;
}

const minPinLength = test('minPinLength: told to the RP ID that may know, to no other', async (setting) => {
  const { site, page, key } = setting;
  await fauxkey(key.keystore, ['pin', 'set', '--pin', '-'], `${PIN}\n`);
  await output('fido2-token', ['-S', '-m', 'localhost', key.node], { input: `${PIN}\n` });
  const wish = { extensions: { minPinLength: true } };
  const told = await register(site, page, { user: 'told', ...wish });
  expectEqual('signed for localhost', signed(told)['minPinLength'], 4);
  await site.open('other.localhost');
  const untold = await register(site, page, { user: 'untold', host: 'other.localhost', ...wish });
  await site.open();
  expectEqual('signed for another', signed(untold)['minPinLength'], undefined);
  return 'minPinLength 4 for localhost, nothing for other.localhost';
});

const subjectOf = (made: Registered): string =>
  made.certificates[0]?.subject.replaceAll('\n', ', ') ?? 'no certificate';

const direct = test('attestation direct: a chain to the root of fauxkey attestation', async (setting) => {
  const { site, page } = setting;
  const key = await exchangeKey(setting, 'enterprise', { args: ['--profile', 'enterprise'] });
  const root = await fauxkey(key.keystore, ['attestation', '--root']);
  SettingsService.setRootCertificates({ identifier: 'packed', certificates: [root] });
  const made = await register(site, page, { user: 'direct', attestation: 'direct' });
  expectEqual('format', made.fmt, 'packed');
  expectThat('a certificate', made.certificates.length > 0, made.certificates.length);
  expectThat('an AAGUID', made.aaguid !== NO_AAGUID, made.aaguid);
  const none = await register(site, page, { user: 'none', attestation: 'none' });
  expectEqual('without it', [none.fmt, none.aaguid, none.certificates], ['none', NO_AAGUID, []]);
  return `packed, ${subjectOf(made)}, AAGUID ${made.aaguid}; with "none" nothing of it`;
});

/** The key knows localhost, the browser's policy knows corp.localhost. */
const enterprise = test('attestation enterprise: where key or browser know the RP ID', async (setting) => {
  const { site, page, key } = setting;
  const batch = subjectOf(await register(site, page, { user: 'batch', attestation: 'direct' }));
  await fauxkey(key.keystore, ['attestation', 'enterprise', 'on']);
  const seen: string[] = [];
  for (const host of ['localhost', 'corp.localhost', 'other.localhost']) {
    if (host !== 'localhost') await site.open(host);
    seen.push(subjectOf(await register(site, page, { user: 'employee', host, attestation: 'enterprise' })));
  }
  await site.open();
  const [byKey = '', byBrowser, byNobody] = seen;
  expectThat('a certificate of its own', byKey !== batch && byKey.includes('Enterprise'), byKey);
  expectEqual('for the RP ID of the browser', byBrowser, byKey);
  expectEqual('for any other', byNobody, batch);
  return `localhost and corp.localhost: ${byKey}; other.localhost: ${batch}`;
});

const u2f = test('a U2F-only key registers and signs in', async (setting) => {
  const { site, page } = setting;
  const key = await exchangeKey(setting, 'u2f', { args: ['--profile', 'u2f', '--attestation', 'u2f'] });
  const root = await fauxkey(key.keystore, ['attestation', '--root']);
  SettingsService.setRootCertificates({ identifier: 'fido-u2f', certificates: [root] });
  const made = await register(site, page, { user: 'u2f', attestation: 'direct' });
  expectEqual('format', made.fmt, 'fido-u2f');
  expectThat('a certificate', made.certificates.length > 0, made.certificates.length);
  const got = await signIn(site, page, made);
  expectThat('a counter that grows', got.counter > made.counter, [made.counter, got.counter]);
  return `fido-u2f, ${subjectOf(made)}; counter ${made.counter} → ${got.counter}`;
});

const synced = test('a synced passkey: BE and BS are set, the counter stays zero', async (setting) => {
  const { site, page } = setting;
  await exchangeKey(setting, 'synced', { args: ['--profile', 'synced-passkey'] });
  const made = await register(site, page, { user: 'synced' });
  const got = await signIn(site, page, made);
  for (const { flags, counter } of [made, got]) {
    expectEqual('BE, BS and counter', [flags.be, flags.bs, counter], [true, true, 0]);
  }
  return 'BE, BS, counter 0, at registration and sign-in';
});

const EVERY_ALGORITHM = [
  ...[
    'ES256',
    'EdDSA',
    'ESP256',
    'Ed25519',
    'ES384',
    'ES512',
    'PS256',
    'PS384',
    'PS512',
    'ES256K',
    'MLDSA44',
  ],
  ...['MLDSA65', 'MLDSA87', 'ESP384', 'ESP512', 'Ed448', 'RS256', 'RS384', 'RS512'],
].join(',');

/** `known` is judged by SimpleWebAuthn, `unknown` by others. Each is all that one site takes. */
function everyAlgorithm(known: readonly number[], unknown: readonly number[]): VmTest<Setting> {
  return test('a key that announces every algorithm gives each site its own', async (setting) => {
    const { site, page } = setting;
    await exchangeKey(setting, 'algorithms', { args: ['--algorithms', EVERY_ALGORITHM] });
    const usual = await register(site, page, { user: 'usual', algorithms: [EDDSA, ES256, RS256] });
    expectEqual('of three', usual.algorithm, EDDSA);
    for (const algorithm of known) await onlyKnown(setting, algorithm);
    for (const algorithm of unknown) await onlyUnknown(setting, algorithm);
    return `EdDSA of EdDSA, ES256 and RS256; alone: ${[...known, ...unknown].join(' ')}`;
  });
}

async function onlyUnknown({ page }: Setting, algorithm: number): Promise<void> {
  const wish = { user: String(algorithm), algorithms: [algorithm], attestation: 'direct' } as const;
  const { credential } = requireAnswer(await create(page, wish));
  expectEqual('algorithm', credential.response.publicKeyAlgorithm, algorithm);
  expectThat('a good signature', verifySelfAttestation(credential), credential);
}

/** Of Chromium; the key is exchanged where a test says so, and the next ones play with the same. */
export const chromiumKinds: readonly VmTest<Setting>[] = [
  ...[prf, largeBlob, credBlob, credProps, credProtect, only('RS256', RS256), only('EdDSA', EDDSA)],
  ...[minPinLength, direct, enterprise, u2f, synced, everyAlgorithm([], [ESP256, ED25519, ML_DSA_65])],
];

/** Of Firefox, which has neither largeBlob nor credBlob, and takes P-384 where Chromium does not. */
export const firefoxKinds: readonly VmTest<Setting>[] = [
  ...[prf, credProps, credProtect, u2f, synced, everyAlgorithm([ES384], [ESP256, ED25519])],
];
