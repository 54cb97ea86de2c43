import { describe, expect, it } from 'vitest';
import { applyChange, changeCredential } from '../../../src/app/change-credential.ts';
import { createMemoryKeystore } from '../../../src/keystore/memory.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { credential, u2fCredential } from '../cli/support.ts';

const stored = credential('ab', 'example.com', { signCount: 5 });
const gentle = { force: false };

describe('a change of a credential', () => {
  it('replaces what is given and nothing else', () => {
    expect(applyChange(stored, gentle)).toEqual(stored);
    expect(
      applyChange(stored, {
        ...gentle,
        backupEligible: true,
        backupState: true,
        signCount: 6,
        userName: 'bob',
      }),
    ).toEqual({
      ...stored,
      backupEligible: true,
      backupState: true,
      signCount: 6,
      user: { ...stored.user, name: 'bob' },
    });
  });

  it('takes names away', () => {
    expect(applyChange(stored, { ...gentle, userName: '', displayName: '' }).user).toStrictEqual({
      id: stored.user?.id,
    });
  });

  it('never makes a credential that is backed up but not eligible', () => {
    const synced = { ...stored, backupEligible: true, backupState: true };
    expect(() => applyChange(stored, { ...gentle, backupState: true })).toThrow(
      expect.objectContaining({ name: 'UsageError', hint: 'Add --backup-eligible yes.' }),
    );
    expect(() => applyChange(synced, { ...gentle, backupEligible: false })).toThrow(
      expect.objectContaining({ name: 'UsageError', hint: 'Add --backup-state no to take away both.' }),
    );
    expect(applyChange(synced, { ...gentle, backupEligible: false, backupState: false })).toEqual(stored);
    expect(applyChange(synced, { ...gentle, backupState: false }).backupEligible).toBe(true);
  });

  it('lets the counter go back only by force', () => {
    for (const signCount of [4, 0, null]) {
      expect(() => applyChange(stored, { ...gentle, signCount })).toThrow(/^The counter is at 5: /);
      expect(applyChange(stored, { force: true, signCount }).signCount).toBe(signCount);
    }
    expect(applyChange(stored, { ...gentle, signCount: 5 }).signCount).toBe(5);
    const zero = { ...stored, signCount: null };
    expect(applyChange(zero, { ...gentle, signCount: 0 }).signCount).toBe(0);
    expect(applyChange({ ...stored, signCount: 0 }, { ...gentle, signCount: null }).signCount).toBeNull();
  });

  it('keeps the counter in 32 bits, even by force', () => {
    expect(applyChange(stored, { ...gentle, signCount: 2 ** 32 - 1 }).signCount).toBe(4294967295);
    expect(() => applyChange(stored, { force: true, signCount: 2 ** 32 })).toThrow(/4294967295 at most/);
  });

  it('has no name to change for U2F', () => {
    const made = u2fCredential('cd', 'example.com');
    expect(() => applyChange(made, { ...gentle, userName: 'bob' })).toThrow(/U2F/);
    expect(applyChange(made, { ...gentle, signCount: 9 }).signCount).toBe(9);
  });
});

describe('a stored credential', () => {
  async function keystoreWith(discoverable: boolean) {
    const keystore = createMemoryKeystore({ random: createSeededRandom('change') });
    await keystore.add({ ...stored, discoverable });
    return keystore;
  }
  const credStoreState = new Uint8Array(16).fill(7);

  it.each([true, false])('is changed in place (discoverable: %s)', async (discoverable) => {
    const keystore = await keystoreWith(discoverable);
    const before = keystore.state().credStoreState;
    const change = { ...gentle, signCount: 8 };
    const changed = await changeCredential(keystore, stored.id, change, { credStoreState });
    expect(changed.signCount).toBe(8);
    expect([...keystore.all()]).toEqual([changed]);
    expect(keystore.state().credStoreState).toEqual(discoverable ? credStoreState : before);
  });

  it('is left alone by a change that is refused', async () => {
    const keystore = await keystoreWith(true);
    const refused = changeCredential(keystore, stored.id, { ...gentle, signCount: 0 }, { credStoreState });
    await expect(refused).rejects.toThrow(/goes back/);
    expect([...keystore.all()].map(({ signCount }) => signCount)).toEqual([5]);
    expect(keystore.state().credStoreState).not.toEqual(credStoreState);
  });

  it('keeps a sign-in that comes between the look at it and the change', async () => {
    const keystore = await keystoreWith(true);
    const running = keystore.openHandle();
    const change = keystore.change.bind(keystore);
    keystore.change = async (...words) => {
      await running.update({ ...stored, signCount: 99, lastUsedAt: 123 });
      return change(...words);
    };
    const changed = await changeCredential(keystore, stored.id, { ...gentle, userName: 'bob' }, {});
    expect(changed).toMatchObject({ signCount: 99, lastUsedAt: 123, user: { name: 'bob' } });
    await expect(changeCredential(keystore, stored.id, { ...gentle, signCount: 98 }, {})).rejects.toThrow(
      /^The counter is at 99/,
    );
  });

  it('that is gone is said to be', async () => {
    const keystore = await keystoreWith(true);
    await keystore.remove([stored.id]);
    await expect(changeCredential(keystore, stored.id, gentle, {})).rejects.toMatchObject({
      problem: 'no-such-credential',
    });
  });
});
