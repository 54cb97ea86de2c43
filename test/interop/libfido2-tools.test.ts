import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey, type CreateKeyOptions, type Key } from '../../src/app/create-key.ts';
import { serve } from './play.ts';
import { buildPreload, missingFor, run, type Finished } from './preloaded.ts';

const missing = missingFor('fido2-token', 'fido2-cred', 'fido2-assert');
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const pin = '12345678';
const site = 'example.com';

describe.skipIf(missing !== undefined)("libfido2's tools, as Debian ships them, over a socket", () => {
  let preload: ReturnType<typeof buildPreload>;
  let key: Key;
  let device: string;
  beforeAll(() => void (preload = buildPreload()));
  afterAll(() => rmSync(preload.directory, { recursive: true, force: true }));
  afterEach(() => key.close());

  const plugIn = async (options: CreateKeyOptions = {}): Promise<void> => {
    key = createKey(options);
    device = `tcp:${await serve(key)}`;
  };
  const attempt = (
    program: string,
    args: readonly string[],
    ...input: readonly string[]
  ): Promise<Finished> =>
    run(program, args, {
      cwd: preload.directory,
      env: { LD_PRELOAD: preload.library, FAUXKEY_DEVICE: device },
      input,
    });
  /** What a program prints, which has to succeed. */
  const output = async (program: string, args: readonly string[], ...input: readonly string[]) => {
    const { code, stderr, stdout } = await attempt(program, args, ...input);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.trim();
  };
  const token = (args: readonly string[], ...input: readonly string[]) =>
    output('fido2-token', [...args, device], ...input);
  const file = (name: string, ...lines: readonly string[]): string => {
    const path = join(preload.directory, name);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    return path;
  };

  interface Made {
    readonly id: string;
    readonly publicKey: string;
    readonly largeBlobKey: string;
  }
  const random = (size: number) => randomBytes(size).toString('base64');
  /** `fido2-cred -M`, then `-V` as a verifier of its own. */
  const register = async (user: string, type: string, flags: readonly string[] = [], ...pins: string[]) => {
    const request = file('request', random(32), site, user, Buffer.from(user).toString('base64'));
    const made = file('made');
    await output('fido2-cred', ['-M', ...flags, '-i', request, '-o', made, device, type], ...pins);
    const lines = readFileSync(made, 'utf8').split('\n');
    const verifying = flags.filter((flag) => ['-h', '-v', '-c', '3'].includes(flag));
    const verified = await output('fido2-cred', ['-V', ...verifying, '-i', made, type]);
    const publicKey = file(`${user}.pem`, verified.slice(verified.indexOf('-----BEGIN')));
    return { id: lines[4] ?? '', publicKey, largeBlobKey: lines.at(-2) ?? '' } satisfies Made;
  };
  /** `fido2-assert -G`, then `-V`. */
  const signIn = async (
    { id, publicKey }: Made,
    type: string,
    flags: readonly string[] = [],
    more: readonly string[] = [],
    ...pins: string[]
  ) => {
    const request = file('request', random(32), site, ...(flags.includes('-r') ? [] : [id]), ...more);
    const got = file('got');
    await output('fido2-assert', ['-G', ...flags, '-i', request, '-o', got, device], ...pins);
    const verifying = flags.filter((flag) => ['-h', '-v', '-p'].includes(flag));
    await output('fido2-assert', ['-V', ...verifying, '-i', got, publicKey, type]);
    return readFileSync(got, 'utf8').trim().split('\n');
  };

  it('list the key and read its information', async () => {
    await plugIn();
    expect(await output('fido2-token', ['-L'])).toMatch(/^tcp:\d+: .*Fauxkey/);
    const info = await token(['-I']);
    expect(info).toMatch(/^version strings: U2F_V2, FIDO_2_0, FIDO_2_1, FIDO_2_3$/m);
    expect(info).toMatch(/^uv retries: undefined$/m);
    expect(info).toMatch(/^algorithms: es256 \(public-key\), eddsa \(public-key\), rs256 \(public-key\)$/m);
  });

  it.each(['es256', 'eddsa', 'rs256', 'es384'])(
    'register and sign in with %s, with and without a PIN',
    async (type) => {
      await plugIn({ profile: { algorithms: [-7, -8, -257, -35] } });
      const plain = await register('ann', type);
      await signIn(plain, type, ['-p']);
      await token(['-S'], pin, pin);
      const verified = await register('bob', type, ['-v'], pin);
      await signIn(verified, type, ['-v', '-p'], [], pin);
    },
  );

  it('set and change the PIN', async () => {
    await plugIn();
    await token(['-S'], pin, pin);
    await token(['-C'], pin, 'pässwort', 'pässwort');
    expect((await attempt('fido2-token', ['-L', '-r', device], pin)).stderr).toContain(
      'FIDO_ERR_PIN_INVALID',
    );
    expect(await token(['-I'])).toMatch(/^pin retries: 7$/m);
  });

  it('list, rename and delete discoverable credentials', async () => {
    await plugIn();
    await token(['-S'], pin, pin);
    const made = await register('ann', 'es256', ['-r', '-v'], pin);
    await register('bob', 'eddsa', ['-r', '-v', '-c', '3'], pin);
    await signIn(made, 'es256', ['-v'], [], pin);
    const hash = createHash('sha256').update(site).digest('base64');
    expect(await token(['-L', '-r'], pin)).toBe(`00: ${hash} ${site}`);
    const held = async () => (await token(['-L', '-k', site], pin)).split('\n');
    expect(await held()).toMatchObject(
      [/ eddsa uvreq$/, / es256 /].map((text) => expect.stringMatching(text) as string),
    );
    const userId = Buffer.from('ann').toString('base64');
    await token(['-S', '-c', '-i', made.id, '-k', userId, '-n', 'anna', '-p', 'Anna'], pin);
    expect([...key.keystore.all()].map(({ user }) => user?.name)).toEqual(['bob', 'anna']);
    expect(await token(['-I', '-c'], pin)).toMatch(/existing rk\(s\): 2\n/);
    await token(['-D', '-i', made.id], pin);
    expect(await held()).toHaveLength(1);
  });

  it('get secrets by hmac-secret', async () => {
    await plugIn();
    const made = await register('ann', 'es256', ['-h']);
    const secret = async (fill: number) =>
      (await signIn(made, 'es256', ['-h'], [Buffer.alloc(32, fill).toString('base64')])).at(-1)!;
    const [one, again, two] = [await secret(1), await secret(1), await secret(2)];
    expect(Buffer.from(one, 'base64')).toHaveLength(32);
    expect([again === one, two === one]).toEqual([true, false]);
  });

  it('write, list, read and delete large blobs', async () => {
    // fido2-cred -V would take the key of the blob for a certificate, where there is none.
    await plugIn({ profile: 'enterprise' });
    await token(['-S'], pin, pin);
    const made = await register('ann', 'es256', ['-r', '-v', '-b'], pin);
    const content = file('content', randomBytes(1500).toString('hex'));
    const largeBlobKey = join(preload.directory, 'blob-key');
    writeFileSync(largeBlobKey, made.largeBlobKey);
    await token(['-S', '-b', '-k', largeBlobKey, content], pin);
    expect(await token(['-L', '-b'], pin)).toMatch(/^total map size: \d+ bytes\n00: [^\n]*$/);
    const copy = join(preload.directory, 'copy');
    // By the credential: the tool finds the key of the blob by credential management.
    await token(['-G', '-b', '-i', made.id, '-n', site, copy], pin);
    expect(readFileSync(copy)).toEqual(readFileSync(content));
    await token(['-D', '-b', '-k', largeBlobKey], pin);
    expect(await token(['-L', '-b'], pin)).toBe('');
  });

  it('enrol, name, list and remove fingers', async () => {
    await plugIn({ profile: 'fingerprint' });
    await token(['-S'], pin, pin);
    await token(['-S', '-e'], pin);
    const [line = ''] = (await token(['-L', '-e'], pin)).split('\n');
    const id = /^\d+: (\S+)/.exec(line)?.[1] ?? '';
    await token(['-S', '-e', '-i', id, '-n', 'thumb'], pin);
    expect(await token(['-L', '-e'], pin)).toBe(`00: ${id} thumb`);
    expect(await token(['-I'])).toMatch(/^options:.* uv,|^options:.* uv$/m);
    await token(['-D', '-e', '-i', id], pin);
    expect(await attempt('fido2-token', ['-L', '-e', device], pin)).toMatchObject({ code: 1 });
  });

  it('configure the key', async () => {
    await plugIn();
    await token(['-S'], pin, pin);
    await token(['-S', '-a'], pin);
    await token(['-S', '-u'], pin);
    expect(await token(['-I'])).toMatch(/^options:.* ep,.* alwaysUv/m);
    await token(['-D', '-u'], pin);
    await token(['-S', '-m', site], pin);
    await token(['-S', '-l', '6'], pin);
    await token(['-S', '-f'], pin);
    expect(await token(['-I'])).toMatch(/^minpinlen: 6$[^]*^pin change required: true$/m);
    expect(key.keystore.state()).toMatchObject({ minPinLengthRpIds: [site], alwaysUv: false });
  });

  it('reset the key', async () => {
    await plugIn();
    await token(['-S'], pin, pin);
    await token(['-R']);
    expect(key.keystore.state().pin).toBeUndefined();
  });
});
