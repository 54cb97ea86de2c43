import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FauxkeyControl, type ControlConnection } from '../../src/control/client/control.ts';
import { startKey, temporaryDirectory } from '../cli/program.ts';

type Shown = ControlConnection & { readonly tokenFile: string };

describe('fauxkey start --control', () => {
  it('lets a test drive the key that it runs, and others beside it', async () => {
    const keystore = await temporaryDirectory();
    const runtime = await temporaryDirectory();
    const key = await startKey(
      ['--control', '--keystore', keystore, '--transport', 'tcp:127.0.0.1:0', '--consent', 'deny'],
      { env: { XDG_RUNTIME_DIR: runtime } },
    );
    const shown = key.control as Shown;
    expect(shown.tokenFile.startsWith(runtime)).toBe(true);
    const control = FauxkeyControl.connect(shown);
    expect(await control.list()).toMatchObject([
      { id: 'default', keystore, addresses: key.addresses, consent: { action: 'deny' } },
    ]);
    const events = await control.events();
    const main = control.key('default');
    const added = await main.credentials.add({ rpId: 'example.com', userHandle: Uint8Array.of(1) });
    expect(await events.next()).toMatchObject({ type: 'credential-created', key: 'default', by: 'control' });
    expect(await main.credentials.list()).toEqual([added]);
    const second = await control.create();
    expect((await second.read()).usb.serial).not.toBe((await main.read()).usb.serial);
    await main.unplug();
    expect((await main.plug()).addresses).toEqual(key.addresses);
    key.signal('SIGTERM');
    expect((await key.ended).code).toBe(0);
    expect(existsSync(shown.tokenFile)).toBe(false);
    await expect(control.list()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
