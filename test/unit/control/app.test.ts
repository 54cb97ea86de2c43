import { describe, expect, it } from 'vitest';
import { bodyTimeout, defaultBodyLimit } from '../../../src/control/body.ts';
import { settle } from '../../support/fake-clock.ts';
import { createBench, token } from './support.ts';

const authorization = `Bearer ${token}`;
const json = { authorization, 'content-type': 'application/json' };

async function problemOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { code, message } = (await response.json()) as { code: string; message: string };
  return { status: response.status, code, message };
}

describe('who may ask the control server', () => {
  it.each([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer nonsense' }],
    ['a token that begins right', { authorization: `${authorization}x` }],
    ['a beginning of the token', { authorization: authorization.slice(0, -1) }],
    ['another scheme', { authorization: `Basic ${token}` }],
  ])('answers 401 to %s, for every path alike', async (_what, headers) => {
    const bench = createBench();
    await bench.host.create({ id: 'k' });
    const answers = await Promise.all(
      ['/keys', '/keys/k', '/keys/none', '/nothing', '/events'].map((path) => bench.fetch(path, { headers })),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(texts).size).toBe(1);
    const removal = await bench.fetch('/keys/k', { method: 'DELETE', headers });
    const wrong = await bench.fetch('/keys', { method: 'OPTIONS', headers });
    expect([removal.status, wrong.status]).toEqual([401, 401]);
    expect(bench.host.list()).toHaveLength(1);
  });

  it('shows what it is without a token, and nothing else', async () => {
    const { fetch } = createBench();
    const response = await fetch('/openapi.json');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ openapi: '3.1.0' });
  });

  it.each(['evil.example', 'evil.example:4000', '127.0.0.1.evil.example', '192.0.2.1', 'localhost.evil:1'])(
    'refuses a name that was bound to this address: %s',
    async (host) => {
      const { fetch } = createBench();
      for (const path of ['/keys', '/openapi.json']) {
        const response = await fetch(path, { headers: { authorization, host } });
        expect(await problemOf(response)).toMatchObject({ status: 403, code: 'forbidden' });
      }
    },
  );

  it.each(['127.0.0.1:4000', 'localhost:4000', 'LOCALHOST', '[::1]:4000'])('answers as %s', async (host) => {
    const response = await createBench().fetch('/keys', { headers: { authorization, host } });
    expect(response.status).toBe(200);
  });

  it.each(['https://evil.example', 'http://localhost:3000', 'null', 'https://127.0.0.1:4000'])(
    'refuses pages of %s, with the token too, and changes nothing',
    async (origin) => {
      const bench = createBench();
      const headers = { ...json, origin, host: '127.0.0.1:4000' };
      const response = await bench.fetch('/keys', { method: 'POST', headers, body: '{}' });
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(bench.host.list()).toEqual([]);
    },
  );

  it.each(['cross-site', 'same-site'])(
    'refuses what a page loads without naming itself: %s',
    async (site) => {
      const headers = { 'sec-fetch-site': site };
      expect((await createBench().fetch('/openapi.json', { headers })).status).toBe(403);
    },
  );

  it('answers its own pages, and the origins that it was told of', async () => {
    const extension = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';
    const bench = createBench({ origins: [extension] });
    const host = '127.0.0.1:4000';
    const own = await bench.fetch('/keys', { headers: { authorization, host, origin: `http://${host}` } });
    expect(own.status).toBe(200);
    const preflight = await bench.fetch('/keys', { method: 'OPTIONS', headers: { origin: extension, host } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const foreign = await bench.fetch('/keys', { headers: { authorization, host, origin: extension } });
    expect(foreign.status).toBe(200);
    expect(foreign.headers.get('access-control-allow-origin')).toBe(extension);
    const unnamed = await bench.fetch('/keys', { headers: { host, origin: extension } });
    expect(unnamed.status).toBe(401);
    expect(unnamed.headers.get('access-control-allow-origin')).toBe(extension);
  });
});

describe('what the control server makes of bad requests', () => {
  const post = (body: string | ReadableStream, headers: Record<string, string> = json) => ({
    method: 'POST',
    headers,
    body,
    ...(typeof body !== 'string' && { duplex: 'half' as const }),
  });

  it('names the field that is wrong', async () => {
    const bench = createBench();
    await bench.host.create({ id: 'k' });
    const cases = [
      ['/keys', { name: 5 }, 'name has to be text.'],
      ['/keys', { usb: { serial: true } }, 'usb.serial has to be text.'],
      ['/keys', { transports: ['udp', 7] }, 'transports[1] has to be text.'],
      ['/keys', { colour: 'red' }, 'The body has no member "colour".'],
      ['/keys', [], 'The body has to be an object.'],
      ['/keys', { profile: { pin: 7 } }, 'profile.pin has to be an object.'],
      [
        '/keys',
        { consent: { action: 'maybe' } },
        'consent.action has to be one of allow, deny, fail, ignore, ask.',
      ],
      ['/keys/k/credentials', {}, 'rpId is missing.'],
      [
        '/keys/k/credentials',
        { rpId: 'a', userHandle: 'A=' },
        'userHandle has to be base64url without padding.',
      ],
      ['/keys/k/credentials', { rpId: 'a', userHandle: '' }, 'userHandle has to be 1 to 64 bytes long.'],
      ['/keys/k/policies', { action: 'allow', times: 0 }, /^times is wrong: /],
    ] as const;
    for (const [path, body, message] of cases) {
      const answer = await bench.call('POST', path, body);
      expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } });
      expect((answer.json as { message: string }).message).toMatch(message);
    }
    const query = await bench.call('GET', '/keys/k/credentials?secret=true');
    expect(query).toMatchObject({ status: 422, json: { message: 'The query has no member "secret".' } });
    expect(bench.host.list()).toHaveLength(1);
    expect(bench.defects).toEqual([]);
  });

  it('quotes no character that could move a cursor or turn text', async () => {
    const { json } = await createBench().call('POST', '/keys', { 'a\u009b2J\u007f\u202eb': 1 });
    expect(json).toMatchObject({ message: 'The body has no member "a\ufffd2J\ufffd\ufffdb".' });
  });

  it('has a status for each kind of bad body, and changes nothing', async () => {
    const bench = createBench();
    const sent = async (init: RequestInit) => problemOf(await bench.fetch('/keys', init));
    expect(await sent(post('{'))).toMatchObject({ status: 400, code: 'malformed' });
    expect(await sent(post('{}', { authorization, 'content-type': 'text/plain' }))).toMatchObject({
      status: 415,
      code: 'unsupported-media-type',
    });
    expect(
      await sent({ method: 'POST', headers: json, body: Uint8Array.of(0x22, 0xff, 0x22) }),
    ).toMatchObject({
      status: 400,
    });
    expect(bench.host.list()).toEqual([]);
  });

  it('reads no more of a body than it may have', async () => {
    const bench = createBench();
    await bench.host.create({ id: 'k' });
    let taken = 0;
    const long = new ReadableStream({
      pull: (controller) => {
        taken += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
        if (taken > 4 * defaultBodyLimit) controller.close();
      },
    });
    const flood = await bench.fetch('/keys/k/policies', post(long));
    expect(await problemOf(flood)).toMatchObject({ status: 413, code: 'too-large' });
    expect(taken).toBeLessThan(2 * defaultBodyLimit);
    const announced = await bench.fetch(
      '/keys/k/policies',
      post('{}', { ...json, 'content-length': String(defaultBodyLimit + 1) }),
    );
    expect(announced.status).toBe(413);
  });

  it('gives up on a body that does not come', async () => {
    const bench = createBench();
    const slow = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
    });
    const answer = bench.fetch('/keys', post(slow));
    await bench.clock.advanceAsync(bodyTimeout - 1);
    expect(bench.clock.pending).toBe(1);
    await bench.clock.advanceAsync(1);
    expect(await problemOf(await answer)).toMatchObject({ status: 408, code: 'timeout' });
    await settle();
    expect(bench.clock.pending).toBe(0);
    expect(bench.host.list()).toEqual([]);
  });

  it('says what is possible where a method is not', async () => {
    const bench = createBench();
    const answer = await bench.call('PUT', '/keys');
    expect(answer).toMatchObject({ status: 405, json: { code: 'method-not-allowed' } });
    expect(answer.headers.get('allow')).toBe('GET, POST');
  });

  it.each([
    '/nothing',
    '/keys/none',
    '/keys/..%2f..%2fetc%2fpasswd',
    '/keys/%2e%2e/credentials',
    '/keys/none/credentials/AAAA',
    '/keys/k/credentials/..%2f',
    '/keys/k/credentials/AAAA',
    '/keys/k/policies/../../x',
  ])('finds nothing at %s', async (path) => {
    const bench = createBench();
    await bench.host.create({ id: 'k' });
    const answer = await bench.call('GET', path);
    expect([404, 405]).toContain(answer.status);
    expect(JSON.stringify(answer.json)).not.toMatch(/root:|ENOENT/);
    expect(bench.defects).toEqual([]);
  });

  it('tells a client nothing of a defect, and its owner everything', async () => {
    const bench = createBench();
    const key = await bench.host.create({ id: 'k' });
    const secret = new RangeError('the secret is 42');
    key.credentials.list = () => {
      throw secret;
    };
    const answer = await bench.call('GET', '/keys/k/credentials');
    expect(answer).toMatchObject({ status: 500, json: { code: 'defect' } });
    expect(JSON.stringify(answer.json)).not.toContain('42');
    expect(bench.defects).toEqual([secret]);
  });
});
