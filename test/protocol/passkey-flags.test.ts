import { describe, expect, it } from 'vitest';
import { openRealKey } from '../support/real-key.ts';
import { allow, assertion, openKey, registration, resident } from '../support/protocol.ts';

/** Flags of WebAuthn L3 §6.1.3 and the counter, as they stand in authenticator data. */
const shown = ({
  parsed,
}: {
  parsed: { backupEligible: boolean; backupState: boolean; signCount: number };
}) => [parsed.backupEligible, parsed.backupState, parsed.signCount];

describe('passkey flags', () => {
  it('of a device-bound key: not eligible, not backed up, a counter that grows', async () => {
    const { client } = await openRealKey();
    const made = await client.makeCredential(registration());
    const used = await client.getAssertion(assertion(allow(made)));
    expect([shown(made).slice(0, 2), shown(used)]).toEqual([
      [false, false],
      [false, false, 1],
    ]);
  });

  it('of a synced one: eligible, backed up, a counter that stays zero', async () => {
    const { client } = await openRealKey({ profile: 'synced-passkey' });
    const made = await client.makeCredential(resident(1));
    expect(shown(made)).toEqual([true, true, 0]);
    for (let sign = 0; sign < 3; sign++) {
      expect(shown(await client.getAssertion(assertion()))).toEqual([true, true, 0]);
    }
  });

  it('of one that could be synced, and is not yet', async () => {
    const { client } = await openRealKey({ profile: { backupEligible: true } });
    const made = await client.makeCredential(registration());
    expect(shown(made).slice(0, 2)).toEqual([true, false]);
  });

  it('belong to the credential: each has its own on one key', async () => {
    const { client, key } = await openKey({ backupEligible: true, backupState: true });
    const [bound, synced] = [
      await client.makeCredential(resident(1)),
      await client.makeCredential(resident(2)),
    ];
    const [, first] = [...key.keystore.all()];
    await key.keystore.update({ ...first!, backupEligible: false, backupState: false });
    expect(shown(await client.getAssertion(assertion(allow(bound)))).slice(0, 2)).toEqual([false, false]);
    expect(shown(await client.getAssertion(assertion(allow(synced)))).slice(0, 2)).toEqual([true, true]);
  });

  it('follow a backup that is made or lost, from one sign-in to the next, and eligibility stays', async () => {
    const { client, key } = await openKey({ backupEligible: true });
    const made = await client.makeCredential(registration());
    const signIn = async (backupState: boolean) => {
      const [credential] = [...key.keystore.all()];
      await key.keystore.update({ ...credential!, backupState });
      return shown(await client.getAssertion(assertion(allow(made)))).slice(0, 2);
    };
    expect([await signIn(true), await signIn(false), await signIn(true)]).toEqual([
      [true, true],
      [true, false],
      [true, true],
    ]);
  });

  it('are those of every account of an enumeration', async () => {
    const { client, key } = await openKey({ backupEligible: true, backupState: true });
    for (const id of [1, 2, 3]) await client.makeCredential(resident(id));
    const [newest] = [...key.keystore.all()];
    await key.keystore.update({ ...newest!, backupState: false });
    const all = await client.getAssertions(assertion());
    expect(all.map((used) => shown(used).slice(0, 2))).toEqual([
      [true, false],
      [true, true],
      [true, true],
    ]);
  });
});
