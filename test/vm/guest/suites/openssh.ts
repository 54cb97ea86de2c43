/** OpenSSH: keys that live on Fauxkey, and logins with them. */
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync, appendFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { expectEqual, expectThat } from '../expect.ts';
import { fauxkey, startKey, type Key } from '../key.ts';
import { scratch } from '../places.ts';
import { output, startDaemon } from '../process.ts';
import { defineSuite, type Scope, type VmTest } from '../suite.ts';
import { until } from '../until.ts';

const PIN = '4711';
const LIMIT_SECONDS = 90;
const ACCOUNT = 'fauxkey';
const TYPES = ['ed25519-sk', 'ecdsa-sk'] as const;
type KeyType = (typeof TYPES)[number];

interface Setting {
  readonly key: Key;
  readonly directory: string;
  readonly port: number;
  /** Lets a program that wants a PIN have it without a terminal. */
  readonly askPass: Readonly<Record<string, string>>;
}

async function setUp(scope: Scope): Promise<Setting> {
  const keystore = scratch('keystore');
  const [key, server] = await Promise.all([startKey(scope, 'openssh', { keystore }), startServer(scope)]);
  const program = join(server.directory, 'ask-pass');
  writeFileSync(program, `#!/bin/sh\necho ${PIN}\n`);
  chmodSync(program, 0o755);
  return { key, ...server, askPass: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' } };
}

async function startServer(scope: Scope): Promise<{ readonly directory: string; readonly port: number }> {
  const directory = scratch('ssh');
  const hostKey = join(directory, 'host');
  addAccount(directory);
  await output('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
  const port = await freePort();
  writeFileSync(
    join(directory, 'sshd_config'),
    [
      ...[
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${hostKey}`,
        'PidFile none',
        'LogLevel VERBOSE',
      ],
      ...[`AuthorizedKeysFile ${join(directory, 'authorized_keys')}`, 'StrictModes no', 'UsePAM no'],
      ...['PasswordAuthentication no', ''],
    ].join('\n'),
  );
  writeFileSync(join(directory, 'authorized_keys'), '');
  const daemon = startDaemon(scope, 'sshd', '/usr/sbin/sshd', [
    '-D',
    '-e',
    '-f',
    join(directory, 'sshd_config'),
  ]);
  await until('SSH server', 60, () => daemon.printed().includes('Server listening'));
  return { directory, port };
}

/** An account with nothing of the host's in its home: what a shell reads there can take half a minute. */
function addAccount(home: string): void {
  chmodSync(home, 0o755);
  appendFileSync('/etc/passwd', `${ACCOUNT}:x:64999:65534::${home}:/bin/sh\n`);
  appendFileSync('/etc/shadow', `${ACCOUNT}:*:20000::::::\n`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Logs in with one key only; answers what the server's side says of it. */
async function logIn({ directory, port, askPass }: Setting, identity: string): Promise<string> {
  const publicKey = readFileSync(`${identity}.pub`, 'utf8');
  appendFileSync(join(directory, 'authorized_keys'), publicKey);
  const args = [
    ...[
      '-F',
      'none',
      '-i',
      identity,
      '-p',
      String(port),
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      'IdentityAgent=none',
    ],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=no'],
    ...['-o', 'PreferredAuthentications=publickey', `${ACCOUNT}@127.0.0.1`, 'echo logged in as $(id -un)'],
  ];
  const printed = await output('ssh', args, { env: askPass, limitSeconds: LIMIT_SECONDS });
  expectThat('a login', printed.trim() === `logged in as ${ACCOUNT}`, printed);
  return `${publicKey.split(' ')[0] ?? '?'}: ${printed.trim()}`;
}

function generate(
  setting: Setting,
  type: KeyType,
  file: string,
  ...options: readonly string[]
): Promise<string> {
  const args = ['-t', type, '-N', '', '-C', file, '-f', join(setting.directory, file), ...options];
  return output('ssh-keygen', args, { env: setting.askPass, limitSeconds: LIMIT_SECONDS });
}

function touchOnly(type: KeyType): VmTest<Setting> {
  return {
    name: `ssh-keygen -t ${type}, and a login`,
    limitSeconds: 2 * LIMIT_SECONDS,
    run: async (setting) => {
      const file = `id_${type}`;
      await generate(setting, type, file);
      return logIn(setting, join(setting.directory, file));
    },
  };
}

const setPin: VmTest<Setting> = {
  name: 'the running key takes over a PIN that fauxkey pin set gives it',
  limitSeconds: LIMIT_SECONDS,
  run: async ({ key }) => {
    await fauxkey(key.keystore, ['pin', 'set', '--pin', '-'], `${PIN}\n`);
    const printed = await output('fido2-token', ['-I', key.node]);
    expectThat('clientPin to be on', /^options:.*(?<!no)clientPin\b/m.test(printed), printed);
    return (/^options: .*$/m.exec(printed) ?? ['?'])[0];
  },
};

function resident(type: KeyType): VmTest<Setting> {
  return {
    name: `ssh-keygen -t ${type} -O resident, with the PIN`,
    limitSeconds: LIMIT_SECONDS,
    run: async (setting) => {
      await generate(setting, type, `resident_${type}`, '-O', 'resident', '-O', `application=ssh:${type}`);
      const held = await fauxkey(setting.key.keystore, ['list', '--site', `ssh:${type}`, '--json']);
      expectEqual('credentials on the key', (JSON.parse(held) as unknown[]).length, 1);
      return `credential of ssh:${type} on the key`;
    },
  };
}

const download: VmTest<Setting> = {
  name: 'ssh-keygen -K downloads the resident keys, and each logs in',
  limitSeconds: 3 * LIMIT_SECONDS,
  run: async (setting) => {
    const target = join(setting.directory, 'downloaded');
    mkdirSync(target);
    await output('ssh-keygen', ['-K', '-N', ''], {
      cwd: target,
      env: setting.askPass,
      limitSeconds: LIMIT_SECONDS,
    });
    const files = readdirSync(target)
      .filter((name) => !name.endsWith('.pub'))
      .sort();
    expectEqual('files', files, ['id_ecdsa_sk_rk_ecdsa-sk', 'id_ed25519_sk_rk_ed25519-sk']);
    const logins: string[] = [];
    for (const file of files) logins.push(await logIn(setting, join(target, file)));
    return logins.join('\n');
  },
};

export const openssh = defineSuite<Setting>({
  name: 'openssh',
  setUpLimitSeconds: 120,
  setUp,
  tests: [...TYPES.map(touchOnly), setPin, ...TYPES.map(resident), download],
});
