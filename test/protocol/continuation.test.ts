import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { u2fControl } from '../../src/client/u2f-client.ts';
import {
  assertion,
  bit,
  openKey,
  outcome,
  pin,
  rawOutcome,
  registration,
  resident,
  site,
  siteHash,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey();
  for (const id of [1, 2, 3]) await opened.client.makeCredential(resident(id));
});

const next = () => outcome(opened.client.getNextAssertion());

describe('getNextAssertion §6.3', () => {
  it('needs an assertion before it', async () => {
    expect(await next()).toBe('NOT_ALLOWED');
  });

  it('gives the older accounts, one by one, and then no more', async () => {
    const first = await opened.client.getAssertion(assertion());
    const second = await opened.client.getNextAssertion();
    const third = await opened.client.getNextAssertion();
    expect([first, second, third].map(({ user }) => user?.id[0])).toEqual([3, 2, 1]);
    for (const { numberOfCredentials, credentialId, parsed } of [second, third]) {
      expect(numberOfCredentials).toBeUndefined();
      expect(credentialId).toHaveLength(32);
      expect(parsed.userPresent).toBe(true);
    }
    expect(await next()).toBe('NOT_ALLOWED');
    expect(await next()).toBe('NOT_ALLOWED');
  });

  it('asks no further question', async () => {
    await opened.client.getAssertion(assertion());
    const before = opened.key.user.questions.length;
    await opened.client.getNextAssertion();
    expect(opened.key.user.questions).toHaveLength(before);
  });

  it('repeats the flags and shows names as the first answer did', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    await opened.client.getAssertion(assertion({ pinUvAuthToken }));
    const second = await opened.client.getNextAssertion();
    expect(second.parsed).toMatchObject({ userPresent: true, userVerified: true });
    expect(second.user?.name).toBe('user 2');
  });

  it('works for silent assertions too', async () => {
    await opened.client.getAssertion(assertion({ options: { up: false } }));
    expect((await opened.client.getNextAssertion()).parsed.userPresent).toBe(false);
  });

  it('waits 30 seconds from answer to answer, not more', async () => {
    await opened.client.getAssertion(assertion());
    await opened.key.clock.advanceAsync(30_000);
    expect(await next()).toBe('OK');
    await opened.key.clock.advanceAsync(30_000);
    expect(await next()).toBe('OK');
    await opened.client.getAssertion(assertion());
    await opened.key.clock.advanceAsync(30_001);
    expect(await next()).toBe('NOT_ALLOWED');
  });

  it('ends with the token that authorised it', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.ga);
    await opened.client.getAssertion(assertion({ pinUvAuthToken, options: { up: false } }));
    await opened.key.clock.advanceAsync(1);
    for (let waited = 0; waited < 600_000; waited += 20_000) {
      await opened.client.getAssertion(assertion({ pinUvAuthToken, options: { up: false } }));
      await opened.key.clock.advanceAsync(20_000);
    }
    expect(await next()).toBe('NOT_ALLOWED');
  });

  it.each<[string, (opened: Opened) => Promise<unknown>]>([
    ['getInfo', ({ client }) => client.getInfo()],
    ['selection', ({ client }) => client.selection()],
    ['clientPIN', ({ client }) => client.clientPin.getPinRetries()],
    ['a failed assertion', ({ client }) => outcome(client.getAssertion(assertion({ rpId: 'x' })))],
    ['a registration', ({ client }) => client.makeCredential(registration())],
    ['an unknown command', ({ client }) => client.send(0x3f)],
    ['bytes that are no CBOR', ({ client }) => client.send(ctapCommand.getAssertion, Uint8Array.of(0xff))],
    ['credential management', ({ client }) => outcome(client.credentialManagement.request(3))],
    ['reset', ({ client }) => client.reset()],
    ['a U2F command', async ({ key }) => (await key.connectU2f()).version()],
  ])('ends with %s', async (_what, between) => {
    await opened.client.getAssertion(assertion());
    await between(opened);
    expect(await next()).toBe('NOT_ALLOWED');
  });

  it('ends with a power cycle', async () => {
    await opened.client.getAssertion(assertion());
    opened.key.powerCycle();
    const client = await opened.key.connect();
    expect(await outcome(client.getNextAssertion())).toBe('NOT_ALLOWED');
  });

  it('belongs to the channel that began it', async () => {
    const other = await opened.key.connect();
    await opened.client.getAssertion(assertion());
    expect(await outcome(other.getNextAssertion())).toBe('NOT_ALLOWED');
    expect(await next()).toBe('NOT_ALLOWED');
  });

  it('survives a channel that is only opened', async () => {
    await opened.client.getAssertion(assertion());
    await opened.key.connect();
    expect(await next()).toBe('OK');
  });
});

describe('enumerations §6.8', () => {
  let listAll: () => Promise<unknown>;
  const nextCredential = () => outcome(opened.client.credentialManagement.request(5));
  const nextRp = () => outcome(opened.client.credentialManagement.request(3));

  beforeEach(async () => {
    await opened.client.makeCredential(resident(1, { rp: { id: 'example.org' } }));
    await opened.client.clientPin.setPin(pin);
    const token = await tokenByPin(opened.client, bit.cm);
    const manage = opened.client.credentialManagement;
    listAll = async () => {
      await manage.request(2, token);
      return manage.request(4, token, cborMap([[1, siteHash]]));
    };
  });

  it('need a beginning', async () => {
    expect(await nextCredential()).toBe('NOT_ALLOWED');
    expect(await nextRp()).toBe('NOT_ALLOWED');
  });

  it('end each other', async () => {
    await listAll();
    expect(await nextRp()).toBe('NOT_ALLOWED');
    expect(await nextCredential()).toBe('NOT_ALLOWED');
  });

  it('end when all was told, after 30 seconds and by other commands', async () => {
    await listAll();
    expect([await nextCredential(), await nextCredential(), await nextCredential()]).toEqual([
      'OK',
      'OK',
      'NOT_ALLOWED',
    ]);
    await listAll();
    await opened.key.clock.advanceAsync(29_000);
    expect(await nextCredential()).toBe('OK');
  });

  it('end after 30 seconds', async () => {
    await listAll();
    await opened.key.clock.advanceAsync(30_001);
    expect(await nextCredential()).toBe('NOT_ALLOWED');
  });

  it('end by getInfo', async () => {
    await listAll();
    await opened.client.getInfo();
    expect(await nextCredential()).toBe('NOT_ALLOWED');
  });

  it('are no assertions', async () => {
    await listAll();
    expect(await next()).toBe('NOT_ALLOWED');
    await opened.client.getAssertion(assertion());
    expect(await nextCredential()).toBe('NOT_ALLOWED');
  });

  it('end by U2F', async () => {
    await listAll();
    const u2f = await opened.key.connectU2f();
    await outcome(u2f.send({ ins: 2, p1: u2fControl.checkOnly, data: new Uint8Array(66) }));
    expect(await nextCredential()).toBe('NOT_ALLOWED');
  });
});

describe('commands without parameters', () => {
  it('do not mind bytes behind them', async () => {
    const rest = Uint8Array.of(0xa0);
    expect(await rawOutcome(opened.client, ctapCommand.getInfo, rest)).toBe('OK');
    expect(await rawOutcome(opened.client, ctapCommand.selection, rest)).toBe('OK');
    await opened.client.getAssertion({ ...assertion(), rpId: site });
    expect(await rawOutcome(opened.client, ctapCommand.getNextAssertion, rest)).toBe('OK');
  });
});
