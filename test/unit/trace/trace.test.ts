import { describe, expect, it } from 'vitest';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { buildInitPacket } from '../../../src/ctaphid/packet.ts';
import { u2fControl } from '../../../src/client/u2f-client.ts';
import { maxPacketsPerTransaction } from '../../../src/trace/tap.ts';
import type { TraceEntry } from '../../../src/trace/entry.ts';
import { connectBenchHost, createBench } from '../../support/hid-bench.ts';
import { createTrace } from '../../../src/trace/trace.ts';
import { settle } from '../../support/fake-clock.ts';
import {
  allow,
  assertion,
  bit,
  pin,
  provider,
  registration,
  resident,
  site,
  tokenByPin,
} from '../../support/protocol.ts';
import { createTracedKey } from './traced-key.ts';

function report(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

describe('a transaction', () => {
  it('tells both sides by the names of the standard', async () => {
    const { client, trace } = createTracedKey();
    const host = await client();
    const made = await host.makeCredential(registration({ extensions: { credProtect: 2 } }));
    await host.getAssertion(assertion(allow(made)));
    const [init, create, get] = trace.entries();
    expect(init).toMatchObject({
      number: 1,
      host: 1,
      channel: 'ffffffff',
      protocol: 'ctaphid',
      command: 'init',
      status: 'OK',
      response: { protocolVersion: 2, capabilities: ['wink', 'cbor'] },
    });
    expect(create).toMatchObject({
      number: 2,
      protocol: 'ctap2',
      command: 'makeCredential',
      status: 'OK',
      request: {
        rp: { id: site, name: 'Example' },
        user: { id: 'AQ', name: 'alice', displayName: 'Alice' },
        pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
        extensions: { credProtect: 2 },
      },
      response: {
        status: 'OK',
        fmt: 'packed',
        authData: {
          rpIdHash: report(made.parsed.rpIdHash),
          flags: ['UP', 'AT', 'ED'],
          signCount: 0,
          aaguid: '01774657-57ce-481c-b33f-57b5cd399558',
          credentialId: report(made.parsed.attested!.credentialId),
          publicKey: { kty: 'EC2', alg: 'ES256', crv: 'P-256' },
          extensions: { credProtect: 2 },
        },
        attStmt: { alg: -7 },
      },
      cancelled: false,
      redacted: true,
    });
    expect(get).toMatchObject({
      command: 'getAssertion',
      request: {
        rpId: site,
        allowList: [{ id: report(made.parsed.attested!.credentialId), type: 'public-key' }],
      },
      response: { authData: { flags: ['UP'], signCount: 1 }, credential: { type: 'public-key' } },
    });
    expect(JSON.parse(JSON.stringify(trace.entries()))).toEqual(trace.entries());
    expect(
      trace
        .toJsonLines()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as TraceEntry),
    ).toEqual(trace.entries());
  });

  it('has every packet in its order, with its time', async () => {
    const { bench, clock, trace, user } = createTracedKey();
    user.otherwise(
      () => new Promise((resolve) => void clock.after(250, () => resolve({ outcome: 'approved' }))),
    );
    const host = bench();
    const channel = host.open();
    const before = host.reports.length;
    const selection = buildInitPacket(channel, hidCommand.cbor, 1, Uint8Array.of(0x0b));
    host.link.receive(selection);
    await clock.advanceAsync(300);
    const entry = trace.entries()[1]!;
    expect(entry).toMatchObject({
      command: 'selection',
      keepAlives: 4,
      durationMs: 250,
      time: Date.UTC(2026, 0, 1),
    });
    expect(entry.packets).toEqual([
      { at: 0, direction: 'to-key', report: report(selection) },
      ...[0, 100, 200, 250, 250].map((at, index) => ({
        at,
        direction: 'to-host',
        report: report(host.reports[before + index]!),
      })),
    ]);
  });

  it('tells of refusals by name, of CANCEL, and of silence', async () => {
    const { client, clock, trace, user, bench } = createTracedKey();
    const ctap = await client();
    await ctap.send(0x02, new Map([[1, site]]));
    await ctap.send(0x55);
    await ctap.send(0x01, Uint8Array.of(0xff));
    user.otherwise('ignore');
    const controller = new AbortController();
    const running = ctap.selection({ signal: controller.signal });
    await settle();
    controller.abort();
    await expect(running).rejects.toMatchObject({ statusName: 'KEEPALIVE_CANCEL' });
    expect(trace.entries().slice(1)).toMatchObject([
      { command: 'getAssertion', status: 'MISSING_PARAMETER', request: { rpId: site } },
      { command: '0x55', status: 'INVALID_COMMAND' },
      {
        command: 'makeCredential',
        status: 'INVALID_CBOR',
        request: { problem: expect.any(String) as string },
      },
      { command: 'selection', status: 'KEEPALIVE_CANCEL', cancelled: true },
    ]);
    const host = bench();
    const channel = host.open();
    host.sendInit(channel, hidCommand.cbor, 100, [0x04]);
    await clock.advanceAsync(500);
    host.sendContinuation(channel, 3);
    host.sendMessage(channel, hidCommand.cancel);
    host.sendInit(channel, hidCommand.cbor, 0xffff);
    host.sendMessage(channel, hidCommand.lock, [11]);
    host.link.receive(new Uint8Array(5));
    host.sendInit(channel, hidCommand.ping, 80);
    host.link.close();
    expect(trace.entries().slice(6)).toMatchObject([
      {
        command: 'cbor',
        status: 'ERROR messageTimeout',
        channel: channel.toString(16).padStart(8, '0'),
        host: 2,
      },
      { command: 'unsolicited', status: 'unanswered', cancelled: true },
      { command: 'cbor', status: 'ERROR invalidLength' },
      { command: 'lock', status: 'ERROR invalidParameter', request: { seconds: 11 } },
      { command: 'ping', status: 'unanswered' },
    ]);
    expect(trace.entries()[6]).not.toHaveProperty('request');
  });

  it('ends at once when the same channel asks again, or the key loses power', async () => {
    const { bench, key, trace, user } = createTracedKey();
    user.otherwise('ignore');
    const host = bench();
    const channel = host.open();
    host.sendMessage(channel, hidCommand.cbor, [0x0b]);
    host.init(channel);
    host.sendMessage(channel, hidCommand.cbor, [0x0b]);
    await settle();
    key.endpoint.powerCycle();
    expect(trace.entries().map(({ command, number, status }) => [number, command, status])).toEqual([
      [1, 'init', 'OK'],
      [2, 'selection', 'unanswered'],
      [3, 'init', 'OK'],
      [4, 'selection', 'unanswered'],
    ]);
  });

  it('of U2F tells its APDUs', async () => {
    const { trace, u2f } = createTracedKey();
    const host = await u2f();
    const [challenge, application] = [
      new Uint8Array(32).fill(1),
      provider.sha256(new TextEncoder().encode(site)),
    ];
    await host.version();
    const made = await host.register(challenge, application);
    await host.authenticate(u2fControl.enforcePresence, challenge, application, made.keyHandle);
    await expect(
      host.authenticate(u2fControl.checkOnly, challenge, application, made.keyHandle),
    ).rejects.toThrow();
    await host.send({ ins: 0x77, data: Uint8Array.of(1) });
    expect(trace.entries().slice(1)).toMatchObject([
      { protocol: 'u2f', command: 'u2fVersion', status: '9000 NO_ERROR', response: { version: 'U2F_V2' } },
      {
        command: 'u2fRegister',
        request: {
          cla: 0,
          ins: 1,
          p1: 0,
          p2: 0,
          challenge: report(challenge),
          application: report(application),
        },
        response: {
          status: '9000 NO_ERROR',
          publicKey: report(made.publicKey),
          keyHandle: report(made.keyHandle),
          attestationCertificate: report(made.certificate),
          signature: report(made.signature),
        },
      },
      {
        command: 'u2fAuthenticate',
        request: { control: 'enforce-user-presence-and-sign', keyHandle: report(made.keyHandle) },
        response: { userPresence: 1, counter: 1 },
      },
      { request: { control: 'check-only' }, status: '6985 CONDITIONS_NOT_SATISFIED' },
      { command: 'u2fUnknown', status: '6d00 INS_NOT_SUPPORTED', request: { ins: 0x77, data: 'AQ' } },
    ]);
  });

  it('of every other command tells subcommands, permissions and lists by name', async () => {
    const { client, trace } = createTracedKey();
    const host = await client();
    await host.getInfo();
    await host.clientPin.setPin(pin);
    await host.makeCredential(resident(1, { pinUvAuthToken: await tokenByPin(host, bit.mc) }));
    const token = await tokenByPin(host, bit.cm);
    await host.credentialManagement.enumerateRps(token);
    const entries = trace.entries();
    expect(entries.find(({ command }) => command === 'getInfo')).toMatchObject({
      response: { aaguid: '01774657-57ce-481c-b33f-57b5cd399558', options: { rk: true } },
    });
    expect(entries.filter(({ command }) => command === 'clientPin').at(-1)).toMatchObject({
      request: {
        subCommand: 'getPinUvAuthTokenUsingPinWithPermissions',
        permissions: ['credentialManagement'],
        keyAgreement: { kty: 'EC2', alg: 'ECDH-ES+HKDF-256', crv: 'P-256' },
      },
    });
    expect(entries.at(-1)).toMatchObject({
      command: 'credentialManagement',
      request: { subCommand: 'enumerateRpsBegin' },
      response: { rp: { id: site }, totalRps: 1 },
    });
  });
});

describe('the ring', () => {
  it('forgets the oldest beyond its number, and numbers go on', async () => {
    const { client, trace } = createTracedKey({ maxEntries: 3 });
    const host = await client();
    for (let times = 0; times < 5; times++) await host.getInfo();
    expect(trace.entries().map(({ number }) => number)).toEqual([4, 5, 6]);
    trace.clear();
    expect(trace.entries()).toEqual([]);
    await host.getInfo();
    expect(trace.entries().map(({ number }) => number)).toEqual([7]);
  });

  it('forgets the oldest beyond its bytes, and always has the last', () => {
    const { bench, trace } = createTracedKey({ maxBytes: 60_000 });
    const host = bench();
    const channel = host.open();
    for (let times = 0; times < 20; times++) host.sendMessage(channel, hidCommand.ping, new Uint8Array(1000));
    expect(trace.entries().length).toBeGreaterThan(1);
    expect(trace.entries().length).toBeLessThan(20);
    const tiny = createTracedKey({ maxBytes: 1 });
    tiny.bench().open();
    expect(tiny.trace.entries()).toHaveLength(1);
  });

  it('keeps so many packets of one transaction that would never end', () => {
    const bench = createBench();
    const trace = createTrace({ clock: bench.clock });
    const endpoint = trace.wrap.endpoint!(bench.engine, undefined as never);
    const host = connectBenchHost(endpoint);
    const channel = host.open();
    host.sendMessage(channel, hidCommand.cbor, [0x04]);
    bench.clock.advance(maxPacketsPerTransaction * 100 + 1000);
    host.link.close();
    expect(trace.entries()[1]).toMatchObject({
      keepAlives: maxPacketsPerTransaction + 10,
      packetsDropped: 11,
      status: 'unanswered',
    });
  });
});

describe('listeners', () => {
  it('hear each transaction when it is over, until they stop', async () => {
    const { client, trace } = createTracedKey();
    const heard: string[] = [];
    const stop = trace.subscribe(({ command }) => void heard.push(command));
    const host = await client();
    await host.getInfo();
    stop();
    await host.getInfo();
    expect(heard).toEqual(['init', 'getInfo']);
  });

  it('read at their own pace, from now or from the start', async () => {
    const { client, trace } = createTracedKey();
    const host = await client();
    const fromStart = trace.follow({ format: 'json-lines', past: true });
    const fromNow = trace.follow({ format: 'json-lines' });
    const read = (bytes: Uint8Array | undefined) =>
      new TextDecoder()
        .decode(bytes)
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as TraceEntry).command);
    expect(fromNow.take()).toBeUndefined();
    let calls = 0;
    fromNow.whenMore(() => calls++);
    const stop = fromNow.whenMore(() => (calls += 100));
    stop();
    await host.getInfo();
    await host.getInfo();
    expect(calls).toBe(1);
    expect(read(fromStart.take())).toEqual(['init', 'getInfo', 'getInfo']);
    expect(read(fromNow.take())).toEqual(['getInfo', 'getInfo']);
    expect(fromStart.take()).toBeUndefined();
    trace.clear();
    await host.getInfo();
    expect(read(fromStart.take())).toEqual(['getInfo']);
  });

  it('that are slow miss what the ring forgets', async () => {
    const { client, trace } = createTracedKey({ maxEntries: 2 });
    const host = await client();
    const follower = trace.follow({ format: 'json-lines', past: true });
    for (let times = 0; times < 5; times++) await host.getInfo();
    const lines = new TextDecoder().decode(follower.take()).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as TraceEntry).number)).toEqual([5, 6]);
  });
});

it('changes nothing of what passes', async () => {
  const plain = createBench();
  const traced = createBench();
  const trace = createTrace({ clock: traced.clock });
  const hosts = [
    connectBenchHost(plain.engine),
    connectBenchHost(trace.wrap.endpoint!(traced.engine, undefined as never)),
  ];
  for (const host of hosts) {
    const channel = host.open();
    host.sendMessage(channel, hidCommand.ping, new Uint8Array(300));
    host.sendMessage(channel, hidCommand.cbor, [0x04]);
    host.sendContinuation(channel, 1);
    host.link.receive(new Uint8Array(64));
  }
  plain.handler.calls[0]!.answer([0, 1, 2]);
  traced.handler.calls[0]!.answer([0, 1, 2]);
  await settle();
  expect(hosts[1]!.reports).toEqual(hosts[0]!.reports);
});
