import { describe, expect, it } from 'vitest';
import { KeystoreError } from '../../../src/ports/keystore.ts';
import { execute, FakeApp } from './support.ts';

const enter = '\r';

describe('fauxkey passphrase', () => {
  it.each([
    ['--new-passphrase-file new.txt', {}],
    ['', { FAUXKEY_NEW_PASSPHRASE: 'open sesame' }],
  ])('set takes the new one from "%s" and the environment', async (words, env) => {
    const app = new FakeApp();
    const files = { 'new.txt': 'open sesame\n' };
    const { code, out } = await execute(`passphrase set ${words}`, { app, files, env });
    expect([code, app.passphrase]).toEqual([0, 'open sesame']);
    expect(out).toBe('The keystore in /store opens with the new passphrase only.\n');
  });

  it('set asks twice, shows nothing, and takes two alike only', async () => {
    const app = new FakeApp();
    const { code, err } = await execute('passphrase set', {
      app,
      tty: true,
      typed: [`sesame${enter}`, `sesame${enter}`],
    });
    expect([code, app.passphrase, err.includes('sesame')]).toEqual([0, 'sesame', false]);
    const other = new FakeApp();
    const wrong = await execute('passphrase set', {
      app: other,
      tty: true,
      typed: [`sesame${enter}`, `barley${enter}`],
    });
    expect([wrong.code, other.passphrase]).toEqual([2, 'unset']);
    expect(wrong.err).toContain('not the same; nothing was changed');
  });

  it('set says how to give it where nobody can be asked', async () => {
    const { code, err } = await execute('passphrase set');
    expect([code, err]).toEqual([2, expect.stringContaining('--new-passphrase-file') as string]);
  });

  it('remove goes back to the key file', async () => {
    const app = new FakeApp();
    const { out } = await execute('passphrase remove --json', { app });
    expect(JSON.parse(out)).toEqual({ done: true, keystore: '/store' });
    expect(app.passphrase).toBeUndefined();
  });

  it('is told when the current one is wrong', async () => {
    const app = new FakeApp();
    app.failure = new KeystoreError('passphrase', 'That is not the passphrase of the keystore in /store.');
    const { code, err } = await execute('passphrase remove', { app, env: { FAUXKEY_PASSPHRASE: 'x' } });
    expect([code, app.passphrase]).toEqual([6, 'unset']);
    expect(err).toContain('not the passphrase');
  });
});
