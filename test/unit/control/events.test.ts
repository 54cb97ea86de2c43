import { describe, expect, it } from 'vitest';
import { eventCapacity } from '../../../src/control/events/event-log.ts';
import { heartbeat } from '../../../src/control/events/sse.ts';
import { settle } from '../../support/fake-clock.ts';
import { assertion, clientOf, createBench, registration, token, type Bench } from './support.ts';

interface SseEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: Record<string, unknown>;
}

interface Listener {
  /** All that has come and was not read yet, comments left out. */
  read(): Promise<SseEvent[]>;
  /** The next piece as it came. */
  piece(): Promise<string>;
  readonly response: Response;
  stop(): Promise<void>;
}

async function listen(bench: Bench, query = '', headers: Record<string, string> = {}): Promise<Listener> {
  const response = await bench.fetch(`/events${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  const reader = response.body!.getReader();
  let pending: Promise<string> | undefined;
  const piece = () =>
    reader.read().then(({ value }) => new TextDecoder().decode(value as Uint8Array | undefined));
  return {
    response,
    piece,
    async read() {
      let text = '';
      for (;;) {
        pending ??= piece();
        const next = await Promise.race([pending, settle().then(() => undefined)]);
        if (next === undefined || next === '') break;
        pending = undefined;
        text += next;
      }
      return parse(text);
    },
    stop: () => reader.cancel(),
  };
}

function parse(text: string): SseEvent[] {
  return text
    .split('\n\n')
    .filter((block) => /^(event|data):/m.test(block))
    .map((block) => {
      const members = block.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) ?? []);
      const { data, ...rest } = Object.fromEntries(members) as Record<string, string>;
      return { ...rest, ...(data !== undefined && { data: JSON.parse(data) as Record<string, unknown> }) };
    });
}

const types = (events: readonly SseEvent[]) => events.map(({ event }) => event);

describe('events over HTTP', () => {
  it('tell what happens, decoded and without secrets', async () => {
    const bench = createBench();
    const listener = await listen(bench);
    expect(listener.response.headers.get('content-type')).toBe('text/event-stream');
    const key = await bench.host.create({ id: 'k' });
    const client = await clientOf(key, bench.clock);
    await client.makeCredential(registration);
    await client.getAssertion(assertion);
    await key.powerCycle();
    const events = await listener.read();
    expect(types(events)).toEqual([
      'key-created',
      'plugged',
      'question',
      'answer',
      'credential-created',
      'command',
      'question',
      'answer',
      'credential-used',
      'command',
      'power-cycle',
    ]);
    expect(events.map(({ data }) => data!['id'])).toEqual(events.map((_, index) => index + 1));
    expect(events[5]!.data).toMatchObject({
      key: 'k',
      protocol: 'ctap2',
      command: 'makeCredential',
      status: 'OK',
      request: { rp: { id: 'example.com' }, user: { name: 'ada' } },
      response: { fmt: 'packed' },
    });
    expect(events[4]!.data).toMatchObject({
      by: 'host',
      credential: { rpId: 'example.com', userName: 'ada' },
    });
    const [credential] = key.credentials.list();
    const secret = Buffer.from(credential!.privateKey).toString('base64url');
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('say why the key refused, and which fault was committed', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    const listener = await listen(bench, '?types=command,fault');
    const client = await clientOf(key, bench.clock);
    await client.getAssertion(assertion).catch(() => undefined);
    await bench.call('POST', '/keys/k/faults', {
      fault: 'ctap.status',
      parameters: { status: 'OTHER' },
      scope: { next: 1, command: 'makeCredential' },
    });
    await client.makeCredential(registration).catch(() => undefined);
    const events = await listener.read();
    expect(events.map(({ data }) => data)).toMatchObject([
      {
        type: 'command',
        command: 'getAssertion',
        status: 'NO_CREDENTIALS',
        detail: expect.any(String) as string,
      },
      { type: 'fault', fault: 'ctap.status', rule: 'fault-1', command: 'makeCredential', remaining: 0 },
      { type: 'command', command: 'makeCredential', status: 'OTHER' },
    ]);
  });

  it('can be of one key, and of some kinds', async () => {
    const bench = createBench();
    const mine = await listen(bench, '?key=mine');
    const plugs = await listen(bench, '?types=plugged,unplugged');
    await bench.host.create({ id: 'mine' });
    await bench.host.create({ id: 'other' });
    await bench.host.remove('other');
    expect(types(await mine.read())).toEqual(['key-created', 'plugged']);
    expect(types(await plugs.read())).toEqual(['plugged', 'plugged', 'unplugged']);
    const wrong = await bench.call('GET', '/events?types=plugged,colour');
    expect(wrong).toMatchObject({ status: 422, json: { code: 'invalid' } });
  });

  it('go on where a listener stopped, without loss', async () => {
    const bench = createBench();
    const first = await listen(bench);
    await bench.host.create({ id: 'one' });
    const before = await first.read();
    await first.stop();
    await bench.host.create({ id: 'two' });
    const place = before.at(-1)!.id!;
    const second = await listen(bench, '', { 'last-event-id': place });
    const after = await second.read();
    expect(after.map(({ data }) => [data!['type'], data!['key']])).toEqual([
      ['key-created', 'two'],
      ['plugged', 'two'],
    ]);
  });

  it('can be resumed from the very beginning of a listener that heard nothing', async () => {
    const bench = createBench();
    const first = await listen(bench);
    const [, place = ''] = /^id: (.+)$/m.exec(await first.piece()) ?? [];
    await first.stop();
    await bench.host.create({ id: 'one' });
    const second = await listen(bench, '', { 'last-event-id': place });
    expect(types(await second.read())).toEqual(['key-created', 'plugged']);
  });

  it.each(['ffffffff-1', '00000000-999999', 'nonsense', '1'])(
    'say that some are lost to a listener who comes from elsewhere: %s',
    async (place) => {
      const bench = createBench();
      await bench.host.create({ id: 'one' });
      const listener = await listen(bench, '', { 'last-event-id': place });
      const events = await listener.read();
      expect(types(events)).toEqual(['lagged', 'key-created', 'plugged']);
      expect(events[0]!.data).toEqual({ type: 'lagged', dropped: null });
    },
  );

  it('cost nobody anything when a listener stops reading, who is told what was dropped', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    const [lazy, awake] = [await listen(bench), await listen(bench)];
    const total = eventCapacity + 500;
    let heard = 0;
    for (let round = 0; round < total / 2; round++) {
      await key.unplug();
      await key.plug();
      if (round % 100 === 0) heard += (await awake.read()).length;
    }
    heard += (await awake.read()).length;
    expect(heard).toBe(total);
    const late = await lazy.read();
    const [lagged] = late.filter(({ event }) => event === 'lagged');
    const dropped = lagged!.data!['dropped'] as number;
    expect(dropped).toBeGreaterThan(0);
    expect(late.length - 1 + dropped).toBe(total);
    const numbers = late.filter(({ event }) => event !== 'lagged').map(({ data }) => data!['id'] as number);
    expect(numbers.at(-1)).toBe(total + 2);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('show in silence that the connection lives, and leave no timer behind', async () => {
    const bench = createBench();
    const listener = await listen(bench);
    await listener.piece();
    const next = listener.piece();
    await bench.clock.advanceAsync(heartbeat);
    expect(await next).toBe(': still here\n\n');
    await settle();
    await listener.stop();
    await settle();
    expect(bench.clock.pending).toBe(0);
  });

  it('reach fifty listeners from a hundred keys at once', async () => {
    const bench = createBench();
    const listeners = await Promise.all(Array.from({ length: 50 }, () => listen(bench)));
    const keys = await Promise.all(Array.from({ length: 100 }, () => bench.host.create()));
    expect(new Set(keys.map((key) => key.describe().usb.serial)).size).toBe(100);
    await Promise.all(
      keys.map(async (key) => (await clientOf(key, bench.clock)).makeCredential(registration)),
    );
    const heard = await Promise.all(listeners.map((listener) => listener.read()));
    for (const events of heard) {
      const made = events.filter(({ event }) => event === 'credential-created');
      expect(new Set(made.map(({ data }) => data!['key'])).size).toBe(100);
      expect(events).toHaveLength(bench.events.length);
    }
  });
});

describe('faults and traces over HTTP', () => {
  it('are listed, put in force, told and ended', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    const { json: catalogue } = await bench.call('GET', '/faults');
    expect((catalogue as unknown[]).length).toBeGreaterThan(20);
    expect(catalogue).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'ctap.status', expect: expect.any(String) as string }),
      ]),
    );
    const rule = { fault: 'ctap.status', parameters: { status: 'KEY_STORE_FULL' } };
    const added = await bench.call('POST', '/keys/k/faults', rule);
    expect(added).toMatchObject({ status: 201, json: { id: 'fault-1', fault: 'ctap.status', applied: 0 } });
    const client = await clientOf(key, bench.clock);
    await expect(client.makeCredential(registration)).rejects.toThrow(/KEY_STORE_FULL/);
    expect(await bench.call('GET', '/keys/k/faults')).toMatchObject({ json: [{ applied: 1 }] });
    expect(await bench.call('DELETE', '/keys/k/faults/fault-1')).toMatchObject({ status: 204 });
    expect(await bench.call('DELETE', '/keys/k/faults/fault-1')).toMatchObject({ status: 404 });
    await client.makeCredential(registration);
    for (const wrong of [
      { fault: 'ctap.nothing' },
      { fault: 'ctap.status', parameters: { colour: 1 } },
      { fault: 'ctap.status', scope: { next: 0 } },
      {},
    ])
      expect(await bench.call('POST', '/keys/k/faults', wrong)).toMatchObject({ status: 422 });
    await bench.call('POST', '/keys/k/faults', rule);
    await bench.call('DELETE', '/keys/k/faults');
    expect(await bench.call('GET', '/keys/k/faults')).toMatchObject({ json: [] });
  });

  it('can be downloaded for people and for Wireshark', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    await (await clientOf(key, bench.clock)).makeCredential(registration);
    const headers = { authorization: `Bearer ${token}` };
    const lines = await (await bench.fetch('/keys/k/trace', { headers })).text();
    const entries = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ command }) => command)).toContain('makeCredential');
    const capture = await bench.fetch('/keys/k/trace.pcapng', { headers });
    expect(capture.headers.get('content-type')).toBe('application/x-pcapng');
    expect(Buffer.from(await capture.arrayBuffer()).readUInt32LE(0)).toBe(0x0a0d0d0a);
    await bench.call('DELETE', '/keys/k/trace');
    expect(await (await bench.fetch('/keys/k/trace', { headers })).text()).toBe('');
    expect((await bench.fetch('/keys/k/trace?secrets=maybe', { headers })).status).toBe(422);
  });
});
