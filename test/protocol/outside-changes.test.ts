import { beforeEach, describe, expect, it } from 'vitest';
import type { ConsentQuestion } from '../../src/ports/consent.ts';
import { u2fControl } from '../../src/client/u2f-client.ts';
import {
  allow,
  assertion,
  bit,
  idOf,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  siteHash,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
});

/** The store as the command line sees it. */
const outside = () => opened.key.keystore.openHandle();

/** A user who takes so long that somebody changes the store before the touch. */
function meanwhile(change: () => Promise<unknown>) {
  return async (_question: ConsentQuestion) => {
    await change();
    return 'approve' as const;
  };
}

describe('a change from outside', () => {
  it('voids tokens', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    await outside().updateState({ uvCountSinceLastPinEntry: 1 });
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken })))).toBe(
      'PIN_AUTH_INVALID',
    );
    const fresh = await tokenByPin(opened.client, bit.mc);
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken: fresh })))).toBe('OK');
  });

  it('ends what was begun', async () => {
    for (const id of [1, 2]) await opened.client.makeCredential(resident(id));
    await opened.client.getAssertion(assertion());
    await outside().updateState({ uvCountSinceLastPinEntry: 1 });
    expect(await outcome(opened.client.getNextAssertion())).toBe('NOT_ALLOWED');
  });

  it('is not what the key itself writes', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.ga | bit.mc);
    const u2f = await opened.key.connectU2f();
    await u2f.register(new Uint8Array(32), siteHash);
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken })))).toBe('OK');
  });

  it('is seen by the next command: credentials, PIN, minimum', async () => {
    const made = await opened.client.makeCredential(registration());
    await outside().remove([idOf(made)]);
    expect(await outcome(opened.client.getAssertion(assertion(allow(made))))).toBe('NO_CREDENTIALS');
    await outside().updateState({ minPinLength: 9 });
    expect((await opened.client.getInfo()).minPinLength).toBe(9);
  });
});

describe('a change while the user thinks', () => {
  it('that takes the credential away leaves nothing to sign with', async () => {
    const made = await opened.client.makeCredential(registration());
    opened.key.user.next(meanwhile(() => outside().remove([idOf(made)])));
    expect(await outcome(opened.client.getAssertion(assertion(allow(made))))).toBe('NO_CREDENTIALS');
    expect(opened.key.keystore.findById(idOf(made))).toBeUndefined();
  });

  it('that resets the key leaves no old credential behind', async () => {
    await opened.client.makeCredential(resident(1));
    opened.key.user.next(meanwhile(() => outside().reset(opened.key.keystore.state())));
    expect(await outcome(opened.client.getAssertion(assertion()))).toBe('NO_CREDENTIALS');
    expect([...opened.key.keystore.all()]).toEqual([]);
  });

  it('that sets the counter or renames the account is not undone', async () => {
    const made = await opened.client.makeCredential(resident(1));
    const change = () => {
      const credential = opened.key.keystore.findById(idOf(made))!;
      const user = { ...credential.user!, name: 'renamed' };
      return outside().update({ ...credential, signCount: 1000, user });
    };
    opened.key.user.next(meanwhile(change));
    const used = await opened.client.getAssertion(assertion(allow(made)));
    expect(used.parsed.signCount).toBe(1001);
    expect(opened.key.keystore.findById(idOf(made))).toMatchObject({
      signCount: 1001,
      user: { name: 'renamed' },
    });
  });
});

describe('a U2F key handle that is taken away', () => {
  it('is unknown at once', async () => {
    const u2f = await opened.key.connectU2f();
    const made = await u2f.register(new Uint8Array(32), siteHash);
    await outside().remove([made.keyHandle]);
    const use = u2f.authenticate(u2fControl.checkOnly, new Uint8Array(32), siteHash, made.keyHandle);
    await expect(use).rejects.toMatchObject({ statusWord: 0x6a80 });
  });

  it('signs nothing, also when it goes at the last moment', async () => {
    const u2f = await opened.key.connectU2f();
    const made = await u2f.register(new Uint8Array(32), siteHash);
    const { keystore } = opened.key;
    keystore.use = () => Promise.resolve(false);
    const use = u2f.authenticate(u2fControl.enforcePresence, new Uint8Array(32), siteHash, made.keyHandle);
    await expect(use).rejects.toMatchObject({ statusWord: 0x6a80 });
  });
});
