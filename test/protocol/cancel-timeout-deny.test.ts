import { beforeEach, describe, expect, it } from 'vitest';
import { createPinUvAuthToken } from '../../src/client/pin-protocol.ts';
import type { CtapClient } from '../../src/client/ctap-client.ts';
import type { TransactOptions } from '../../src/client/hid-channel.ts';
import { publicKeyDescriptors } from '../../src/client/ctap-client.ts';
import {
  assertion,
  bit,
  fingerprintUv,
  idOf,
  openKey,
  outcome,
  pin,
  provider,
  registration,
  resident,
  site,
  snapshot,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
let excluded: Uint8Array;
beforeEach(async () => {
  opened = await openKey({ builtInUv: fingerprintUv, accountChooser: true });
  excluded = idOf(await opened.client.makeCredential(registration()));
  await opened.client.makeCredential(resident(1, { options: { rk: true, uv: true } }));
  await opened.client.makeCredential(resident(2, { options: { rk: true, uv: true } }));
  opened.key.user.questions.length = 0;
});

type Run = (client: CtapClient, options?: TransactOptions) => Promise<unknown>;
const waiting: readonly [string, Run, string[]][] = [
  ['makeCredential', (client, options) => client.makeCredential(registration(), options), ['presence']],
  [
    'makeCredential with verification',
    (client, options) => client.makeCredential(registration({ options: { uv: true } }), options),
    ['verification'],
  ],
  [
    'an excluded registration',
    (client, options) =>
      client.makeCredential(registration({ excludeList: publicKeyDescriptors(excluded) }), options),
    ['presence'],
  ],
  ['getAssertion', (client, options) => client.getAssertion(assertion(), options), ['presence']],
  [
    'getAssertion with verification',
    (client, options) => client.getAssertion(assertion({ options: { uv: true } }), options),
    ['verification'],
  ],
  ['selection', (client, options) => client.selection(options), ['presence']],
  ['reset', (client, options) => client.reset(options), ['presence']],
  [
    'a touch probe',
    (client, options) => client.makeCredential(registration({ pinUvAuthParam: new Uint8Array() }), options),
    ['presence'],
  ],
  [
    'a token by verification',
    (client, options) =>
      client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.mc, rpId: site }, 2, options),
    ['verification'],
  ],
];

describe.each(waiting)('%s', (_what, run, kinds) => {
  it('is denied, cancelled or times out: three statuses, nothing changed', async () => {
    const before = snapshot(opened.key.keystore);
    opened.key.user.next('deny');
    expect(await outcome(run(opened.client))).toBe('OPERATION_DENIED');

    opened.key.user.next('ignore');
    const controller = new AbortController();
    const cancelled = outcome(run(opened.client, { signal: controller.signal }));
    await opened.key.clock.advanceAsync(300);
    controller.abort();
    expect(await cancelled).toBe('KEEPALIVE_CANCEL');

    opened.key.user.next('ignore');
    let answered = false;
    const late = outcome(run(opened.client)).finally(() => {
      answered = true;
    });
    await opened.key.clock.advanceAsync(29_999);
    expect(answered).toBe(false);
    await opened.key.clock.advanceAsync(1);
    expect(await late).toBe('USER_ACTION_TIMEOUT');

    expect(snapshot(opened.key.keystore)).toBe(before);
    expect(opened.key.user.questions.map(({ kind }) => kind)).toEqual([...kinds, ...kinds, ...kinds]);
  });

  it('tells the host that it waits for the user', async () => {
    const seen = new Set<string>();
    opened.key.user.next(async () => {
      await opened.key.clock.advanceAsync(250);
      return 'deny' as const;
    });
    await outcome(run(opened.client, { onKeepAlive: (status) => seen.add(status) }));
    expect(seen).toContain('upneeded');
  });
});

describe('choosing an account', () => {
  it('is denied, cancelled or times out, and no counter moves', async () => {
    const before = snapshot(opened.key.keystore);
    const run = (options?: TransactOptions) =>
      opened.client.getAssertion(assertion({ options: { uv: true } }), options);
    opened.key.user.next('approve', 'deny');
    expect(await outcome(run())).toBe('OPERATION_DENIED');
    opened.key.user.next('approve', 'ignore');
    const controller = new AbortController();
    const cancelled = outcome(run({ signal: controller.signal }));
    await opened.key.clock.advanceAsync(300);
    controller.abort();
    expect(await cancelled).toBe('KEEPALIVE_CANCEL');
    opened.key.user.next('approve', 'ignore');
    const late = outcome(run());
    await opened.key.clock.advanceAsync(30_000);
    expect(await late).toBe('USER_ACTION_TIMEOUT');
    const state = (text: string) => (JSON.parse(text) as [unknown, unknown[]])[1];
    expect(state(snapshot(opened.key.keystore))).toEqual(state(before));
  });
});

describe('a user who never answers', () => {
  it('is not waited for by the next command', async () => {
    opened.key.user.next('ignore');
    const late = outcome(opened.client.selection());
    await opened.key.clock.advanceAsync(30_000);
    expect(await late).toBe('USER_ACTION_TIMEOUT');
    expect(await outcome(opened.client.selection())).toBe('OK');
    expect(opened.key.clock.pending).toBe(0);
  });

  it('has the time that the profile gives', async () => {
    opened = await openKey({ userActionTimeout: 10_000 });
    opened.key.user.next('ignore');
    const late = outcome(opened.client.selection());
    await opened.key.clock.advanceAsync(10_000);
    expect(await late).toBe('USER_ACTION_TIMEOUT');
    expect(opened.key.user.questions[0]?.timeoutMs).toBe(10_000);
  });
});

describe('a token', () => {
  it('outlives a command that was cancelled', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    opened.key.user.next('ignore');
    const controller = new AbortController();
    const request = registration({ pinUvAuthToken });
    const cancelled = outcome(opened.client.makeCredential(request, { signal: controller.signal }));
    await opened.key.clock.advanceAsync(300);
    controller.abort();
    expect(await cancelled).toBe('KEEPALIVE_CANCEL');
    expect(await outcome(opened.client.makeCredential(request))).toBe('OK');
    const guessed = createPinUvAuthToken(provider, 2, new Uint8Array(32));
    const forged = registration({ pinUvAuthToken: guessed });
    expect(await outcome(opened.client.makeCredential(forged))).toBe('PIN_AUTH_INVALID');
  });
});
