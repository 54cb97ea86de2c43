/** libfido2's own tools: the library that most programs on Linux use, with its own idea of what is valid. */
import { createHash } from 'node:crypto';
import { expectEqual, expectThat } from '../expect.ts';
import {
  getAssertion,
  makeCredential,
  verifyAssertion,
  verifyCredential,
  type CredentialType,
} from '../fido2-tools.ts';
import { startKey, udevProperties, type Key } from '../key.ts';
import { scratch } from '../places.ts';
import { output, run } from '../process.ts';
import { defineSuite, type Scope, type VmTest } from '../suite.ts';

const LIMIT_SECONDS = 60;
const FIRST_PIN = '4711';
const PIN = 'täglich-neu';

interface Setting {
  readonly scope: Scope;
  readonly keystore: string;
  key: Key;
}

function test(name: string, body: (setting: Setting) => Promise<string>): VmTest<Setting> {
  return { name, limitSeconds: LIMIT_SECONDS, run: body };
}

function token(args: readonly string[], ...input: readonly string[]): Promise<string> {
  return output('fido2-token', args, { input: input.map((line) => `${line}\n`).join('') });
}

const list = test('fido2-token -L lists the key, and udev calls it a security token', async ({ key }) => {
  const listed = await token(['-L']);
  expectThat(`${key.node} in the list`, listed.startsWith(`${key.node}:`), listed);
  const tags = udevProperties(key.node);
  expectThat('ID_SECURITY_TOKEN=1', tags.includes('ID_SECURITY_TOKEN=1'), tags);
  return `${listed.trim()}; udev: ${tags.filter((tag) => tag.endsWith('_TOKEN=1')).join(' ')}`;
});

const info = test('fido2-token -I understands getInfo', async ({ key }) => {
  const printed = await token(['-I', key.node]);
  for (const line of [/^proto: 0x02$/m, /^version strings:.*FIDO_2_1\b/m, /^options:.*\bnoclientPin\b/m]) {
    expectThat(`a line like ${String(line)}`, line.test(printed), printed);
  }
  const interesting = /^(version strings|extension strings|options|pin protocols|algorithms):/;
  return printed
    .split('\n')
    .filter((line) => interesting.test(line))
    .join('\n');
});

function nonDiscoverable(type: CredentialType): VmTest<Setting> {
  return test(`fido2-cred and fido2-assert, ${type}, not discoverable, without a PIN`, async ({ key }) => {
    const wish = { rpId: 'example.com', type };
    const made = await makeCredential(key.node, wish);
    const publicKey = await verifyCredential(made, wish);
    const asked = { rpId: wish.rpId, credentialId: made.credentialId };
    const assertion = await getAssertion(key.node, asked);
    await verifyAssertion(assertion, publicKey, asked, type);
    return `credential ${made.credentialId.slice(0, 16)}… verified, assertion verified`;
  });
}

const setPin = test('fido2-token -S sets a PIN', async ({ key }) => {
  await token(['-S', key.node], FIRST_PIN, FIRST_PIN);
  const printed = await token(['-I', key.node]);
  expectThat('clientPin to be on', /^options:.*(?<!no)clientPin\b/m.test(printed), printed);
  return (/^pin retries: .*$/m.exec(printed) ?? ['?'])[0];
});

const changePin = test('fido2-token -C changes it, to one that is not ASCII', async ({ key }) => {
  await token(['-C', key.node], FIRST_PIN, PIN, PIN);
  const old = await run('fido2-token', ['-L', '-r', key.node], { input: `${FIRST_PIN}\n` });
  expectThat('the old PIN refused', old.code !== 0 && old.stderr.includes('FIDO_ERR_PIN_INVALID'), old);
  return `the old PIN: ${old.stderr.trim()}`;
});

const discoverable = test('a discoverable credential with the PIN, listed by fido2-token', async ({
  key,
}) => {
  const wish = { rpId: 'example.org', userName: 'Zoë', resident: true, pin: PIN };
  const made = await makeCredential(key.node, wish);
  const publicKey = await verifyCredential(made, wish);
  const sites = await token(['-L', '-r', key.node], PIN);
  const hash = createHash('sha256').update(wish.rpId).digest('base64');
  expectThat('the site in the list', sites.includes(`${hash} ${wish.rpId}`), sites);

  const asked = { rpId: wish.rpId, pin: PIN };
  const assertion = await getAssertion(key.node, asked);
  await verifyAssertion(assertion, publicKey, asked);
  const userId = assertion.lines[4] ?? '';
  const held = await token(['-L', '-k', wish.rpId, key.node], PIN);
  expectThat(
    'its ids in the list',
    held.includes(` ${made.credentialId} `) && held.includes(` ${userId} `),
    held,
  );
  expectThat('a user id', userId !== '', assertion.lines);
  return `${sites.trim()}\n${held.trim()}\nassertion without an allow list verified, user id ${userId}`;
});

const remaining = test('fido2-token -I -c counts discoverable credentials, -D deletes one', async ({
  key,
}) => {
  const before = await token(['-I', '-c', key.node], PIN);
  const [id] =
    /\S+={0,2}(?= )/.exec((await token(['-L', '-k', 'example.org', key.node], PIN)).slice(4)) ?? [];
  await token(['-D', '-i', id ?? '', key.node], PIN);
  const after = await token(['-I', '-c', key.node], PIN);
  expectThat('one before', /existing rk\(s\): 1\b/.test(before), before);
  expectThat('none after', /existing rk\(s\): 0\b/.test(after), after);
  return `before: ${before.trim().replaceAll('\n', ', ')}; after: ${after.trim().replaceAll('\n', ', ')}`;
});

const hmacSecret = test('hmac-secret: the same salt gives the same secret, another salt another', async ({
  key,
}) => {
  const wish = { rpId: 'example.net', hmacSecret: true };
  const made = await makeCredential(key.node, wish);
  const publicKey = await verifyCredential(made, wish);
  const secretFor = async (fill: number): Promise<string> => {
    const hmacSalt = Buffer.alloc(32, fill).toString('base64');
    const asked = { rpId: wish.rpId, credentialId: made.credentialId, hmacSalt };
    const assertion = await getAssertion(key.node, asked);
    await verifyAssertion(assertion, publicKey, asked);
    return assertion.lines.at(-1) ?? '';
  };
  const [first, again, other] = [await secretFor(1), await secretFor(1), await secretFor(2)];
  expectEqual('bytes of the secret', Buffer.from(first, 'base64').length, 32);
  expectEqual('the secret for the same salt', again, first);
  expectThat('another secret for another salt', other !== first, other);
  return `${first.slice(0, 12)}… twice, then ${other.slice(0, 12)}…`;
});

const denial = test('a user who says no: FIDO_ERR_OPERATION_DENIED', async (setting) => {
  await setting.key.stop();
  setting.key = await startKey(setting.scope, 'libfido2-deny', {
    keystore: setting.keystore,
    consent: 'deny',
  });
  const refused = await makeCredential(setting.key.node, { rpId: 'example.com' }).then(
    () => 'nothing: it made a credential',
    (error: unknown) => String(error),
  );
  expectThat('FIDO_ERR_OPERATION_DENIED', refused.includes('FIDO_ERR_OPERATION_DENIED'), refused);
  return refused.slice(refused.indexOf('fido2-cred:')).trim();
});

export const libfido2 = defineSuite<Setting>({
  name: 'libfido2',
  setUpLimitSeconds: 120,
  setUp: async (scope) => {
    const keystore = scratch('keystore');
    return { scope, keystore, key: await startKey(scope, 'libfido2', { keystore }) };
  },
  tests: [
    ...[list, info, nonDiscoverable('es256'), nonDiscoverable('eddsa'), nonDiscoverable('rs256')],
    ...[setPin, changePin, discoverable, remaining, hmacSecret, denial],
  ],
});
