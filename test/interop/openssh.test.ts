import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKey, type Key } from '../../src/app/create-key.ts';
import { hashOf } from '../support/pin-requests.ts';
import { serve } from './play.ts';
import { buildPreload, missingFor, run } from './preloaded.ts';

/** OpenSSH's helper, a program of its own, has libfido2 in it and inherits the environment of ssh-keygen. */
const missing = missingFor('ssh-keygen', '/usr/lib/openssh/ssh-sk-helper');
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const pin = '12345678';

describe.skipIf(missing !== undefined)("OpenSSH's helper over a socket", () => {
  let preload: ReturnType<typeof buildPreload>;
  let key: Key;
  let device: string;
  beforeAll(() => {
    preload = buildPreload();
    const askPass = join(preload.directory, 'ask-pass');
    writeFileSync(askPass, `#!/bin/sh\necho ${pin}\n`);
    chmodSync(askPass, 0o755);
  });
  afterAll(() => rmSync(preload.directory, { recursive: true, force: true }));
  afterEach(() => key.close());

  const plugIn = async (): Promise<void> => {
    key = createKey();
    device = `tcp:${await serve(key)}`;
  };
  const keygen = async (args: readonly string[], cwd = preload.directory): Promise<string> => {
    const env = {
      LD_PRELOAD: preload.library,
      FAUXKEY_DEVICE: device,
      SSH_ASKPASS: join(preload.directory, 'ask-pass'),
      SSH_ASKPASS_REQUIRE: 'force',
      DISPLAY: ':0',
    };
    const { code, stderr, stdout } = await run('ssh-keygen', args, { cwd, env });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  /** Signs a file with the key and lets ssh-keygen verify that, which has to fail for another file. */
  const signs = async (identity: string): Promise<void> => {
    const [message, other, allowed] = ['message', 'other', 'allowed'].map((name) =>
      join(preload.directory, name),
    );
    writeFileSync(message!, 'signed by a key of software');
    writeFileSync(allowed!, `ann ${readFileSync(`${identity}.pub`, 'utf8')}`);
    rmSync(`${message!}.sig`, { force: true });
    await keygen(['-Y', 'sign', '-n', 'file', '-f', identity, message!]);
    const verify = (path: string) =>
      run(
        'sh',
        [
          '-c',
          'exec ssh-keygen -Y verify -n file -I ann -f "$1" -s "$2" < "$3"',
          'sh',
          allowed!,
          `${message!}.sig`,
          path,
        ],
        {
          cwd: preload.directory,
          env: {},
        },
      );
    expect(await verify(message!)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Good "file" signature for ann with') as string,
    });
    writeFileSync(other!, 'not signed by anybody');
    expect((await verify(other!)).code).not.toBe(0);
  };

  it.each(['ed25519-sk', 'ecdsa-sk'])('makes and uses a key of type %s', async (type) => {
    await plugIn();
    const identity = join(preload.directory, `id_${type}`);
    await keygen(['-q', '-t', type, '-N', '', '-C', '', '-f', identity]);
    await signs(identity);
  });

  it('makes resident keys with the PIN, downloads them and signs with them', async () => {
    await plugIn();
    await key.keystore.updateState({ pin: { hash: hashOf(pin), codePoints: pin.length } });
    const identity = join(preload.directory, 'id_resident');
    const resident = ['-O', 'resident', '-O', 'application=ssh:test', '-O', 'verify-required'];
    await keygen(['-q', '-t', 'ed25519-sk', '-N', '', '-C', '', ...resident, '-f', identity]);
    const downloads = join(preload.directory, 'downloads');
    mkdirSync(downloads);
    await keygen(['-q', '-K', '-N', ''], downloads);
    expect(readdirSync(downloads).sort()).toEqual(['id_ed25519_sk_rk_test', 'id_ed25519_sk_rk_test.pub']);
    await signs(join(downloads, 'id_ed25519_sk_rk_test'));
  });
});
