import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type * as published from '../../src/control/client/control.ts';
import { startKey, temporaryDirectory } from '../cli/program.ts';

type Shown = published.ControlConnection & { readonly tokenFile: string };

/** The client as users get it; the name is no literal, because types are looked up before there is a build. */
async function importPublished(): Promise<typeof published> {
  const name = ['fauxkey', 'control'].join('/');
  return (await import(name)) as typeof published;
}

describe('fauxkey start --control', () => {
  it('lets a test drive the key that it runs, and others beside it', async () => {
    const keystore = await temporaryDirectory();
    const runtime = await temporaryDirectory();
    const key = await startKey(
      ['--control', '--keystore', keystore, '--transport', 'tcp:127.0.0.1:0', '--consent', 'deny'],
      { env: { XDG_RUNTIME_DIR: runtime } },
    );
    const shown = key.control as Shown;
    const { FauxkeyControl } = await importPublished();
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
