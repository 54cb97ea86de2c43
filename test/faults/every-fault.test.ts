import { describe, expect, it } from 'vitest';
import { faultCatalogue } from '../../src/faults/faults.ts';
import type { FaultDescription, FaultParameters } from '../../src/faults/fault.ts';
import { createRig } from './rig.ts';
import type { FaultRig } from './rig.ts';
import type { Site } from './site.ts';

/** Parameters with which a fault shows itself where its defaults would do nothing. */
const telling: Readonly<Record<string, FaultParameters>> = {
  'ctap.counter': { how: 'jump' },
  'ctap.extension-output': { how: 'extra' },
};

/** A ceremony that the fault concerns. */
async function provoke({ commands }: FaultDescription, rig: FaultRig, site: Site): Promise<void> {
  if (commands.includes('makeCredential')) await site.register();
  else if (commands.includes('getAssertion')) await site.signIn();
  else {
    const u2f = await rig.u2f();
    await rig.settle(u2f.register(new Uint8Array(32), new Uint8Array(32)));
  }
}

/** A user who takes two seconds, so that there are keep-alives to lose. */
function makeSlow({ clock, user }: FaultRig): void {
  user.otherwise(
    () => new Promise((resolve) => void clock.after(2000, () => resolve({ outcome: 'approved' }))),
  );
}

async function openRig(): Promise<{ readonly rig: FaultRig; readonly site: Site }> {
  const rig = createRig();
  makeSlow(rig);
  const site = await rig.site();
  expect((await site.register()).said).toBe('verified');
  expect(await site.signIn()).toMatchObject({ said: 'verified', counter: 1 });
  return { rig, site };
}

const ignored = () => undefined;
const cases = faultCatalogue.map((fault) => [fault.name, fault] as const);

describe.each(cases)('%s', (name, fault) => {
  it('happens to one request, and is gone', async () => {
    const { rig, site } = await openRig();
    const before = [...rig.key.keystore.all()];
    rig.add(name, telling[name] ?? {});
    await provoke(fault, rig, site).catch(ignored);
    expect(rig.applied).toMatchObject([{ fault: name, remaining: 0 }]);
    expect(rig.faults.list()).toEqual([]);
    await rig.clock.advanceAsync(60_000);

    // Nobody lost a credential, and no counter went back.
    const after = new Map(
      [...rig.key.keystore.all()].map(({ id, ...rest }) => [Buffer.from(id).toString('hex'), rest]),
    );
    for (const { id, signCount, ...rest } of before) {
      const { lastUsedAt, ...kept } = after.get(Buffer.from(id).toString('hex'))!;
      expect({ ...kept, lastUsedAt: 0, signCount: 0 }).toEqual({ ...rest, lastUsedAt: 0, signCount: 0 });
      expect(kept.signCount).toBeGreaterThanOrEqual(signCount!);
      expect(lastUsedAt).toBeGreaterThan(0);
    }
    const fresh = await rig.site();
    expect((await fresh.register()).said).toBe('verified');
    expect(await fresh.signIn()).toMatchObject({ said: 'verified', counter: 1 });
    expect(rig.applied).toHaveLength(1);
    expect(rig.clock.pending).toBeLessThanOrEqual(1);
  });

  it('leaves other sites and other commands alone', async () => {
    const { rig, site } = await openRig();
    rig.add(name, telling[name] ?? {}, { rpId: 'other.example' });
    rig.add(name, telling[name] ?? {}, { command: 'reset' });
    expect((await site.register()).said).toBe('verified');
    expect(await site.signIn()).toMatchObject({ said: 'verified', counter: 1 });
    expect(rig.applied).toEqual([]);
    expect(rig.faults.list()).toHaveLength(2);
  });

  it('goes on until it is removed, if nothing limits it', async () => {
    const { rig, site } = await openRig();
    const id = rig.add(name, telling[name] ?? {}, {});
    for (const times of [1, 2]) {
      await provoke(fault, rig, times === 1 ? site : await freshSite(rig, site)).catch(ignored);
      expect(rig.applied).toHaveLength(times);
      expect(rig.faults.list()).toMatchObject([{ id, applied: times }]);
    }
    expect(rig.faults.remove(id)).toBe(true);
    expect(rig.faults.remove(id)).toBe(false);
    const fresh = await rig.site();
    expect((await fresh.register()).said).toBe('verified');
    expect(rig.applied).toHaveLength(2);
  });
});

/** The same site over another connection: the first one may be dead. */
async function freshSite(rig: FaultRig, old: Site): Promise<Site> {
  const site = await rig.site();
  site.adopt(old.credential!);
  return site;
}
