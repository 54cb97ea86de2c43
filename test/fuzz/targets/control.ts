import { createKeyHost } from '../../../src/app/key-host.ts';
import { createWebAuthnService } from '../../../src/app/webauthn-bridge-service.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { createControlApp } from '../../../src/control/app.ts';
import type { ControlApp } from '../../../src/control/app.ts';
import type { KeyHost } from '../../../src/control/handle.ts';
import { routeGroups } from '../../../src/control/groups.ts';
import { webauthnRoutes } from '../../../src/control/routes/webauthn.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import type { Dice } from '../../support/dice.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { bendJson, bendText, pick } from '../bend.ts';
import { textSeeds } from '../seeds.ts';
import type { FuzzInput, FuzzSession, FuzzTarget } from '../target.ts';
import { Finding } from '../target.ts';

const token = 'the-token-of-the-fuzzed-server-0123';
const origin = 'http://127.0.0.1:4000';
const crypto = createNodeCrypto();
/** After so many inputs there is a host anew. */
const life = 120;
/** Turns of the event loop, each a second of the server's time, that an answer may take; then its client goes away. */
const patience = 100;
/** Milliseconds in which the server has to be done then. */
const longestAnswer = 10_000;

/** Requests of the control server with bent paths, queries, headers and bodies, by somebody who has the token or not. */
export const controlTarget: FuzzTarget = {
  name: 'control',
  inputs: 400,
  open: async () => {
    const session = new ControlSession();
    await session.begin();
    return session;
  },
};

/** An input, as JSON; the body is text, since it need not be JSON. */
interface Sent {
  readonly method: string;
  /** `{credentialId}` and the like stand for whatever the key has at that moment. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Seed {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<string, unknown>>;
}

class ControlSession implements FuzzSession {
  readonly #seeds = textSeeds('control').flatMap((text) => JSON.parse(text) as Seed[]);
  #clock: FakeClock = createFakeClock();
  #host: KeyHost | undefined;
  #app: ControlApp | undefined;
  #operations: readonly Operation[] = [];
  #defect: unknown;
  #age = 0;

  async begin(): Promise<void> {
    await this.close();
    this.#age = 0;
    this.#clock = createFakeClock();
    const host = createKeyHost({ crypto, clock: this.#clock, random: createSeededRandom('control') });
    this.#host = host;
    this.#app = createControlApp({
      host,
      clock: this.#clock,
      token,
      hosts: ['127.0.0.1'],
      version: '0.0.0',
      onDefect: (error) => (this.#defect = error),
      extraGroups: [webauthnRoutes(createWebAuthnService(host))],
    });
    this.#operations = await this.#describe();
    await this.#good('POST', '/keys', { id: 'blue', consent: { action: 'allow' } });
    await this.#good('POST', '/keys', { id: 'finger', profile: 'fingerprint', consent: { action: 'ask' } });
    await this.#good('POST', '/keys/blue/credentials', { rpId: 'example.com', userHandle: 'AQ' });
    await this.#good('POST', '/keys/finger/fingerprints', { name: 'thumb' });
    await this.#ask();
  }

  make(dice: Dice): string {
    const seed = dice(3) === 0 ? this.#unseeded(dice) : pick(dice, this.#seeds);
    const path = dice(4) === 0 ? bendPath(seed.path, dice) : seed.path;
    const sent: Sent = {
      method: dice(20) === 0 ? pick(dice, ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'BREW']) : seed.method,
      path: path.replace('/blue', dice(8) === 0 ? '/finger' : '/blue'),
      headers: headersOf(dice),
      ...(seed.body !== undefined && { body: bodyOf(seed.body, dice) }),
    };
    return JSON.stringify(sent);
  }

  async feed(input: FuzzInput): Promise<void> {
    const sent = JSON.parse(input as string) as Sent;
    const path = await this.#fill(sent.path);
    const request = requestOf(sent, path);
    if (!request) return;
    const { response, text } = await this.#send(request);
    if (response) this.#judge(sent.method, new URL(request.url).pathname, response, text);
  }

  async probe(): Promise<void> {
    if (this.#defect !== undefined)
      throw new Finding('The server reports a defect.', { cause: this.#defect });
    await this.#good('GET', '/keys');
    if (this.#age % 10 === 0) {
      await this.#good('POST', '/keys', { id: 'probe' });
      await this.#good('GET', '/keys/probe/info');
      await this.#good('DELETE', '/keys/probe');
    }
    this.#age += 1;
    if (this.#age >= life || !this.#host?.get('blue') || !this.#host.get('finger')) await this.begin();
  }

  async close(): Promise<void> {
    this.#app?.close();
    await this.#host?.close();
  }

  /** Operations that no seed is needed for, as the description of the server has them. */
  #unseeded(dice: Dice): Seed {
    const { method, path } = pick(dice, this.#operations);
    return { method: method.toUpperCase(), path: path.replace('{id}', 'blue') };
  }

  async #describe(): Promise<Operation[]> {
    const response = await this.#app?.fetch(new Request(`${origin}/openapi.json`));
    const { paths } = (await response?.json()) as {
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    };
    const found = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => ({ method, path, responses })),
    );
    if (found.length < routeGroups.length) throw new Finding('The server does not describe itself.');
    return found;
  }

  /** A question that waits at the key `finger`, unless that was unplugged, or made to lose what is asked. */
  async #ask(): Promise<void> {
    const key = this.#host?.require('finger');
    if (!key?.describe().plugged) return;
    const [pipe, random] = [key.connect(), createSeededRandom('question')];
    const opening = openHidChannel({ pipe, clock: this.#clock, random });
    opening.then((channel) => new CtapClient(channel, { crypto, random }).selection()).catch(() => undefined);
    for (let turn = 0; turn < 10 && key.user.questions().length === 0; turn += 1)
      await this.#clock.advanceAsync(10);
  }

  async #fill(path: string): Promise<string> {
    const key = this.#host?.require(path.startsWith('/keys/finger') ? 'finger' : 'blue');
    if (path.includes('{questionId}') && this.#host?.require('finger').user.questions().length === 0)
      await this.#ask();
    const ids: Readonly<Record<string, string | undefined>> = {
      credentialId: Buffer.from(key?.credentials.list()[0]?.id ?? []).toString('base64url'),
      policyId: key?.user.policies()[0]?.id,
      faultId: key?.faults.list()[0]?.id,
      questionId: this.#host?.require('finger').user.questions()[0]?.id,
      fingerId: 'AAAB',
    };
    return path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none');
  }

  /** The answer, or none if there was no end to the waiting for it and the client left. */
  async #send(request: Request): Promise<{ response?: Response; text: string }> {
    const leaving = new AbortController();
    let done: { response?: Response; text: string } | undefined;
    let failure: unknown;
    const answer = this.#app?.fetch(new Request(request, { signal: leaving.signal }));
    void answer?.then(readAnswer).then(
      (read) => (done = read),
      (error: unknown) => (failure = error ?? new Finding('It threw nothing.')),
    );
    const start = performance.now();
    for (let turn = 0; performance.now() - start < longestAnswer; turn += 1) {
      if (done) return done;
      if (failure !== undefined) throw new Finding('The server throws.', { cause: failure });
      if (turn === patience) leaving.abort();
      await this.#clock.advanceAsync(1000);
    }
    throw new Finding('A request is never answered, although its client is gone.');
  }

  #judge(method: string, path: string, response: Response, text: string): void {
    const { status } = response;
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = this.#operations.find(
      (known) => known.method === asked && patternOf(known.path).test(path),
    );
    const expected = operation
      ? Object.keys(operation.responses)
      : ['204', '400', '401', '403', '404', '405'];
    if (!expected.includes(String(status)))
      throw new Finding(`The status ${status} is not described: ${text}`);
    if (status < 400 || method === 'HEAD') return;
    const { code, message } = JSON.parse(text) as { code: unknown; message: unknown };
    const isSentence =
      typeof message === 'string' && /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{4,1000}$/u.test(message);
    if (typeof code !== 'string' || !isSentence) throw new Finding(`No sentence: ${text}`);
    if (text.includes(token)) throw new Finding('The token is told.');
  }

  async #good(method: string, path: string, body?: unknown): Promise<void> {
    const sent = { method, path, headers: { authorization: `Bearer ${token}`, ...jsonType } };
    const request = requestOf({ ...sent, ...(body !== undefined && { body: JSON.stringify(body) }) }, path);
    const { response, text } = request ? await this.#send(request) : { text: 'no request' };
    if (!response?.ok) throw new Finding(`A good request does not work: ${method} ${path}: ${text}`);
  }
}

const jsonType = { 'content-type': 'application/json' };

/** Reads no more of a stream than what is there. */
async function readAnswer(response: Response): Promise<{ response: Response; text: string }> {
  const type = response.headers.get('content-type') ?? '';
  if (/event-stream|x-ndjson|pcap/.test(type)) {
    await response.body?.cancel();
    return { response, text: '' };
  }
  return { response, text: await response.text() };
}

/** Undefined for what `fetch` itself refuses to send. */
function requestOf({ method, headers, body }: Sent, path: string): Request | undefined {
  try {
    return new Request(new URL(path, origin), { method, headers, ...(body !== undefined && { body }) });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}

function headersOf(dice: Dice): Record<string, string> {
  const authorization =
    dice(30) === 0 ? pick(dice, ['', 'Bearer', 'Bearer x', 'Basic e']) : `Bearer ${token}`;
  const type = dice(20) === 0 ? pick(dice, ['text/plain', 'application/jsonp', 'a/b']) : 'application/json';
  return {
    authorization,
    'content-type': type,
    ...(dice(40) === 0 && { origin: pick(dice, ['null', 'http://evil.example', origin, '']) }),
    ...(dice(40) === 0 && { 'last-event-id': pick(dice, ['0', '-1', 'x', '99999999999999999999']) }),
    ...(dice(60) === 0 && { 'content-length': pick(dice, ['1e9', '-1', '2000000']) }),
  };
}

/** Segments and values that were replaced, doubled or taken out; or any character anywhere. */
function bendPath(path: string, dice: Dice): string {
  if (dice(3) === 0) return `/${bendText(path.slice(1), dice).replace(/^\/+/, '')}`;
  const odd = [
    '..',
    '%2e%2e',
    '%',
    '%ff',
    '__proto__',
    'constructor',
    '%00',
    'A'.repeat(3000),
    '',
    '😀',
    '{id}',
  ];
  const [before = '', query] = path.split('?');
  const segments = before.split('/').slice(1);
  segments[dice(segments.length)] = pick(dice, odd);
  const names = ['secrets', 'rpId', 'past', 'follow', 'timeoutMs', 'types', 'kind', 'x'];
  const asked = dice(2) === 0 ? query : `${pick(dice, names)}=${pick(dice, [...odd, '-1', '1e99', 'true'])}`;
  return `/${segments.join('/')}${asked === undefined ? '' : `?${asked}`}`;
}

function bodyOf(body: unknown, dice: Dice): string {
  if (dice(10) === 0) return bendText(JSON.stringify(body), dice);
  return JSON.stringify(dice(5) === 0 ? body : bendJson(body, dice));
}
