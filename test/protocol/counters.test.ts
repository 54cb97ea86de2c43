import { describe, expect, it } from 'vitest';
import { u2fControl } from '../../src/client/u2f-client.ts';
import { publicKeyDescriptors } from '../../src/client/ctap-client.ts';
import type { Profile } from '../../src/authenticator/profile.ts';
import {
  allow,
  assertion,
  idOf,
  openKey,
  outcome,
  registration,
  resident,
  siteHash,
} from '../support/protocol.ts';

/** The counters that a site sees: registration, two sign-ins, a silent one, another sign-in. */
async function observe(counter: Profile['counter']) {
  const { client, key } = await openKey({ counter });
  const made = await client.makeCredential(registration());
  const use = async (up = true) =>
    (await client.getAssertion(assertion({ ...allow(made), options: { up } }))).parsed.signCount;
  const seen = [made.parsed.signCount, await use(), await use(), await use(false), await use()];
  return { client, key, made, seen, use };
}

describe('signature counters', () => {
  it('of each credential grow by one with each touch', async () => {
    const { client, seen } = await observe('per-credential');
    expect(seen).toEqual([0, 1, 2, 2, 3]);
    const other = await client.makeCredential(registration());
    expect((await client.getAssertion(assertion(allow(other)))).parsed.signCount).toBe(1);
  });

  it('of the whole key grow with each signature of any credential', async () => {
    const { client, seen, use } = await observe('global');
    expect(seen).toEqual([1, 2, 3, 3, 4]);
    const other = await client.makeCredential(registration());
    expect(other.parsed.signCount).toBe(5);
    expect((await client.getAssertion(assertion(allow(other)))).parsed.signCount).toBe(6);
    expect(await use()).toBe(7);
  });

  it('can stay zero for ever', async () => {
    const { seen } = await observe('zero');
    expect(seen).toEqual([0, 0, 0, 0, 0]);
  });

  it('stand still when the user says no, and when the request is refused', async () => {
    const { client, key, made, use } = await observe('per-credential');
    key.user.next('deny');
    expect(await outcome(client.getAssertion(assertion(allow(made))))).toBe('OPERATION_DENIED');
    expect(await outcome(client.getAssertion(assertion({ ...allow(made), options: { rk: true } })))).toBe(
      'UNSUPPORTED_OPTION',
    );
    expect(await use()).toBe(4);
  });

  it('are durable before the signature is made', async () => {
    const { client, key, made } = await observe('per-credential');
    const note = key.keystore.use.bind(key.keystore);
    let durable: number | null = -1;
    key.keystore.use = async (id, use, state) => {
      const done = await note(id, use, state);
      durable = key.keystore.findById(id)?.signCount ?? null;
      return done;
    };
    const used = await client.getAssertion(assertion(allow(made)));
    expect(used.parsed.signCount).toBe(durable);
    expect(durable).toBe(4);
  });

  it('go on over power cycles, and a global one over a reset', async () => {
    const { client, key } = await observe('global');
    await client.reset();
    const made = await client.makeCredential(registration());
    expect(made.parsed.signCount).toBe(5);
    key.powerCycle();
    const again = await key.connect();
    expect((await again.getAssertion(assertion(allow(made)))).parsed.signCount).toBe(6);
  });

  it('never fall behind a credential that came with a higher one', async () => {
    const { client, key, made } = await observe('global');
    const credential = key.keystore.findById(idOf(made))!;
    await key.keystore.update({ ...credential, signCount: 5000 });
    expect((await client.getAssertion(assertion(allow(made)))).parsed.signCount).toBe(5001);
    expect((await client.makeCredential(registration())).parsed.signCount).toBe(5002);
  });

  it('move for each account of an enumeration', async () => {
    const { client } = await openKey();
    for (const id of [1, 2]) await client.makeCredential(resident(id));
    await client.getAssertions(assertion());
    const all = await client.getAssertions(assertion());
    expect(all.map(({ parsed }) => parsed.signCount)).toEqual([2, 2]);
  });

  it('are one and the same for U2F and CTAP2', async () => {
    const { client, key, made } = await observe('per-credential');
    const u2f = await key.connectU2f();
    const challenge = new Uint8Array(32);
    const use = (control: number) => u2f.authenticate(control, challenge, siteHash, idOf(made));
    expect((await use(u2fControl.enforcePresence)).counter).toBe(4);
    expect((await use(u2fControl.dontEnforcePresence)).counter).toBe(5);
    await expect(use(u2fControl.checkOnly)).rejects.toMatchObject({ statusWord: 0x6985 });
    const request = assertion({ allowList: publicKeyDescriptors(idOf(made)) });
    expect((await client.getAssertion(request)).parsed.signCount).toBe(6);
  });
});
