import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { pageScript } from '../../../src/frameworks/page-script.ts';
import type { PageMessage } from '../../../src/frameworks/page-types.ts';
import { settle } from '../../support/fake-clock.ts';
import { creation, fakePage, letFunctionsMeet } from './fake-page.ts';

beforeAll(letFunctionsMeet);

const document = { id: 'uuid-1', origin: 'https://example.com' };
const response = {
  id: 'AQ',
  rawId: 'AQ',
  type: 'public-key',
  response: { clientDataJSON: 'e30', attestationObject: 'oA' },
  clientExtensionResults: {},
};
const registers = (message: PageMessage) => (message.type === 'create' ? { response } : undefined);

describe('a page that the key answers', () => {
  it('says hello, and gives its credentials to the caller', async () => {
    const { credentials, messages, install, classes } = fakePage(registers);
    install();
    expect(messages).toEqual([{ type: 'hello', document }]);
    const made = await credentials.create({ publicKey: creation(), mediation: 'conditional' });
    expect(made).toBeInstanceOf(classes.PublicKeyCredential);
    const message = messages[1] as Extract<PageMessage, { readonly options: unknown }>;
    expect(message).toMatchObject({ type: 'create', document, ceremony: 'uuid-2', mediation: 'conditional' });
    expect(message.options).toMatchObject({ challenge: 'AQID' });
    expect(message).not.toHaveProperty('allowed');
  });

  it('leaves other credentials to the browser', async () => {
    const { credentials, native, messages, install } = fakePage(registers);
    install();
    expect(await credentials.get({ password: true })).toBe('native');
    expect(await credentials.create()).toBe('native');
    expect(native).toEqual([
      ['get', { password: true }],
      ['create', undefined],
    ]);
    expect(messages).toHaveLength(1);
  });

  it('keeps the names of the methods', () => {
    const { credentials, install } = fakePage(registers);
    install();
    expect([credentials.create.name, credentials.get.name]).toEqual(['create', 'get']);
  });

  it('says what the permissions policy says', async () => {
    const asked: string[] = [];
    const featurePolicy = { allowsFeature: (name: string) => asked.push(name) > 1 };
    const { credentials, messages, install } = fakePage(registers, { document: { featurePolicy } });
    install();
    await credentials.create({ publicKey: creation() });
    await credentials.create({ publicKey: creation() });
    expect(asked).toEqual(['publickey-credentials-create', 'publickey-credentials-create']);
    expect(messages.slice(1)).toMatchObject([{ allowed: false }, { allowed: true }]);
  });

  it.each([
    ['NotAllowedError', 'declined', 'FakeDomException'],
    ['TypeError', 'no such thing', 'TypeError'],
  ])('throws the %s that the key names', async (name, message, className) => {
    const { credentials, install } = fakePage(() => ({ error: { name, message } }));
    install();
    const error = await credentials
      .get({ publicKey: { challenge: new Uint8Array() } })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ name, message });
    expect((error as object).constructor.name).toBe(className);
  });

  it('runs one request at a time', async () => {
    let answer: (value: unknown) => void = () => undefined;
    const waiting = new Promise((resolve) => (answer = resolve));
    const { credentials, install } = fakePage((message) => (message.type === 'create' ? waiting : undefined));
    install();
    const first = credentials.create({ publicKey: creation() });
    await expect(credentials.create({ publicKey: creation() })).rejects.toMatchObject({
      name: 'OperationError',
    });
    answer({ response });
    await first;
    await expect(credentials.create({ publicKey: creation() })).resolves.toBeDefined();
  });

  it('stops when the page aborts, tells the key, and can be asked again', async () => {
    const { credentials, messages, install } = fakePage((message) =>
      message.type === 'create' ? new Promise(() => undefined) : undefined,
    );
    install();
    const page = new AbortController();
    const ended = credentials.create({ publicKey: creation(), signal: page.signal });
    await settle();
    page.abort(new RangeError('changed my mind'));
    await expect(ended).rejects.toThrow('changed my mind');
    expect(messages.at(-1)).toEqual({ type: 'abort', document, ceremony: 'uuid-2' });
    await expect(credentials.create({ publicKey: creation(), signal: page.signal })).rejects.toThrow(
      'changed my mind',
    );
    expect(messages.filter(({ type }) => type === 'create')).toHaveLength(1);
  });
});

describe('what a page asks before it offers anything', () => {
  it('is answered for the key', async () => {
    const { questions, install } = fakePage(({ type }) => type === 'can-verify');
    install();
    expect(await questions.isUserVerifyingPlatformAuthenticatorAvailable?.()).toBe(true);
    expect(await questions.isConditionalMediationAvailable?.()).toBe(true);
    expect(await questions.getClientCapabilities?.()).toMatchObject({
      conditionalGet: true,
      hybridTransport: false,
      passkeyPlatformAuthenticator: true,
    });
  });

  it('keeps what the browser says of itself', async () => {
    const { questions, install } = fakePage(() => false);
    questions.getClientCapabilities = () => Promise.resolve({ signalAllAcceptedCredentials: true });
    install();
    expect(await questions.getClientCapabilities()).toMatchObject({
      signalAllAcceptedCredentials: true,
      userVerifyingPlatformAuthenticator: false,
    });
  });
});

describe('a page without WebAuthn', () => {
  it.each([
    ['is not secure', { isSecureContext: false }],
    ['has no such class', { PublicKeyCredential: undefined }],
    ['has no key', { ask: undefined }],
  ])('is left alone: it %s', async (_, changes) => {
    const { credentials, messages, install } = fakePage(registers, changes as never);
    install();
    expect(messages).toEqual([]);
    expect(await credentials.create({ publicKey: creation() })).toBe('native');
  });

  it('needs no method that the browser lacks', () => {
    const { page, install, messages } = fakePage(registers);
    delete (page.CredentialsContainer.prototype as { get?: unknown }).get;
    install();
    expect(page.CredentialsContainer.prototype).not.toHaveProperty('get');
    expect(messages).toHaveLength(1);
  });
});

it('becomes one script that needs nothing else', async () => {
  const { page, credentials, classes } = fakePage(registers, { TextDecoder, TextEncoder });
  runInNewContext(pageScript('ask'), page);
  expect(await credentials.create({ publicKey: creation() })).toBeInstanceOf(classes.PublicKeyCredential);
});
