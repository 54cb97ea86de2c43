import { beforeEach, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/cbor/value.ts';
import type { MakeCredentialParameters } from '../../src/client/ctap-client.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { everyCapability } from '../support/capabilities.ts';
import {
  allow,
  assertion,
  bit,
  fingerprintUv,
  hmacSecretInput,
  openKey,
  outcome,
  pin,
  registration,
  resident,
  site,
  siteHash,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

let opened: Opened;
beforeEach(async () => {
  opened = await openKey(everyCapability);
});

const make = (request: MakeCredentialParameters) => opened.client.makeCredential(request);
const withInput = (name: string, input: CborValue) => ({ extensions: { [name]: input } });
const stored = () => [...opened.key.keystore.all()].length;

describe('any extension §12', () => {
  const inputs = [
    ['credBlob', 1],
    ['largeBlobKey', 1],
    ['minPinLength', 'x'],
    ['pinComplexityPolicy', 'x'],
    ['hmac-secret', 1],
    ['hmac-secret-mc', 1],
    ['thirdPartyPayment', 1],
    ['uvm', 1],
  ] as const;

  it.each(inputs)('%s of a wrong type is refused before anything is stored', async (name, input) => {
    const extensions = { 'hmac-secret': true, [name]: input };
    expect(await outcome(make(resident(1, { extensions })))).toBe('CBOR_UNEXPECTED_TYPE');
    expect(stored()).toBe(0);
  });

  it.each(inputs)('%s is ignored where it is not announced', async (name, input) => {
    opened = await openKey({ extensions: ['credProtect'] });
    const made = await make(resident(1, withInput(name, input)));
    expect(made.parsed.extensions).toBeUndefined();
    expect(made).not.toHaveProperty('largeBlobKey');
  });

  it.each(['minPinLength', 'pinComplexityPolicy', 'hmac-secret', 'thirdPartyPayment', 'uvm'])(
    '%s: false is as if it were absent',
    async (name) => {
      const rp = { id: 'factory.example' };
      const made = await make(resident(1, { rp, ...withInput(name, false) }));
      expect(made.parsed.extensions).toBeUndefined();
    },
  );
});

describe('credBlob §12.2', () => {
  const blob = Uint8Array.of(1, 2, 3);
  const read = async (made: Awaited<ReturnType<typeof make>>) => {
    const used = await opened.client.getAssertion(
      assertion({ ...allow(made), ...withInput('credBlob', true) }),
    );
    return used.parsed.extensions?.get('credBlob');
  };

  it('is kept with a discoverable credential, up to its length', async () => {
    expect((await opened.client.getInfo()).maxCredBlobLength).toBe(32);
    for (const content of [blob, new Uint8Array(32).fill(7), new Uint8Array()]) {
      const made = await make(resident(1, withInput('credBlob', content)));
      expect(made.parsed.extensions).toEqual(new Map([['credBlob', true]]));
      expect(await read(made)).toEqual(content);
    }
  });

  it('is false, and no error, where it cannot be kept', async () => {
    const long = await make(resident(1, withInput('credBlob', new Uint8Array(33))));
    const passing = await make(registration(withInput('credBlob', blob)));
    for (const made of [long, passing]) {
      expect(made.parsed.extensions).toEqual(new Map([['credBlob', false]]));
      expect(await read(made)).toEqual(new Uint8Array());
    }
  });

  it('is told only to who asks, and of each account', async () => {
    for (const id of [1, 2]) await make(resident(id, withInput('credBlob', Uint8Array.of(id))));
    const all = await opened.client.getAssertions(assertion(withInput('credBlob', true)));
    expect(all.map(({ parsed }) => parsed.extensions?.get('credBlob'))).toEqual([
      Uint8Array.of(2),
      Uint8Array.of(1),
    ]);
    const unasked = await opened.client.getAssertion(assertion(withInput('credBlob', false)));
    expect(unasked.parsed.extensions).toBeUndefined();
  });
});

describe('largeBlobKey §12.3', () => {
  const asked = withInput('largeBlobKey', true);

  it('comes with a discoverable credential, at creation, sign-in and enumeration', async () => {
    const made = await make(resident(1, asked));
    expect(made.largeBlobKey).toHaveLength(32);
    expect(made.parsed.extensions).toBeUndefined();
    const used = await opened.client.getAssertion(assertion({ ...allow(made), ...asked }));
    expect(used.largeBlobKey).toEqual(made.largeBlobKey);
    expect(used.parsed.extensions).toBeUndefined();
    await opened.client.clientPin.setPin(pin);
    const token = await tokenByPin(opened.client, bit.cm);
    const [listed] = await opened.client.credentialManagement.enumerateCredentials(token, siteHash);
    expect(listed?.largeBlobKey).toEqual(made.largeBlobKey);
  });

  it('is another one after the account is registered again', async () => {
    const [first, second] = [await make(resident(1, asked)), await make(resident(1, asked))];
    expect(second.largeBlobKey).not.toEqual(first.largeBlobKey);
  });

  it('is nothing for a credential without one, or a request without the question', async () => {
    const made = await make(resident(1));
    const used = await opened.client.getAssertion(assertion({ ...allow(made), ...asked }));
    expect(used).not.toHaveProperty('largeBlobKey');
    const other = await make(resident(2, asked));
    expect(await opened.client.getAssertion(assertion(allow(other)))).not.toHaveProperty('largeBlobKey');
  });

  it('has to be true, and to have a place', async () => {
    expect(await outcome(make(resident(1, withInput('largeBlobKey', false))))).toBe('INVALID_OPTION');
    expect(await outcome(make(registration(asked)))).toBe('INVALID_OPTION');
    expect(stored()).toBe(0);
    await make(resident(1, asked));
    const refused = opened.client.getAssertion(assertion(withInput('largeBlobKey', false)));
    expect(await outcome(refused)).toBe('INVALID_OPTION');
  });
});

describe('minPinLength §12.5 and pinComplexityPolicy §12.6', () => {
  const outputs = async (rpId: string) => {
    const extensions = { minPinLength: true, pinComplexityPolicy: true };
    return (await make(registration({ rp: { id: rpId }, extensions }))).parsed.extensions;
  };

  it('are told to RPs on the list only', async () => {
    expect(await outputs(site)).toBeUndefined();
    expect(await outputs('factory.example')).toEqual(
      new Map<string, CborValue>([
        ['minPinLength', 4],
        ['pinComplexityPolicy', false],
      ]),
    );
  });

  it('follow what is set', async () => {
    const settings = { newMinPinLength: 7, pinComplexityPolicy: true, minPinLengthRpIds: [site] };
    await opened.client.config.setMinPinLength(settings);
    for (const rpId of [site, 'factory.example']) {
      expect(await outputs(rpId)).toEqual(
        new Map<string, CborValue>([
          ['minPinLength', 7],
          ['pinComplexityPolicy', true],
        ]),
      );
    }
  });
});

describe.each([1, 2] as const)('hmac-secret-mc §12.8 under protocol %i', (protocol) => {
  const salts = new Uint8Array(64).fill(3, 32);

  async function create(size: 32 | 64, more: Partial<MakeCredentialParameters> = {}) {
    const secret = await opened.client.clientPin.agree(protocol);
    const input = hmacSecretInput(secret, salts.subarray(0, size));
    const extensions = { 'hmac-secret': true, 'hmac-secret-mc': input };
    const made = await make(registration({ extensions, ...more }));
    expect(made.parsed.extensions?.get('hmac-secret')).toBe(true);
    return { made, output: secret.decrypt(made.parsed.extensions?.get('hmac-secret-mc') as Uint8Array) };
  }

  async function later({ made }: Awaited<ReturnType<typeof create>>, size: number, uv = false) {
    const secret = await opened.client.clientPin.agree(protocol);
    const extensions = { 'hmac-secret': hmacSecretInput(secret, salts.subarray(0, size)) };
    const options = { uv };
    const used = await opened.client.getAssertion(
      assertion({ ...allow(made), extensions, ...(uv && { options }) }),
    );
    return secret.decrypt(used.parsed.extensions?.get('hmac-secret') as Uint8Array);
  }

  it.each([32, 64] as const)('gives for %i bytes of salt what getAssertion gives later', async (size) => {
    const created = await create(size);
    expect(created.output).toHaveLength(size);
    expect(await later(created, size)).toEqual(created.output);
  });

  it('keeps the secrets with and without verification apart', async () => {
    opened = await openKey({ ...everyCapability, builtInUv: fingerprintUv });
    const created = await create(32, { options: { uv: true } });
    expect(await later(created, 32)).not.toEqual(created.output);
    expect(await later(created, 32, true)).toEqual(created.output);
  });

  it('needs hmac-secret beside it', async () => {
    const secret = await opened.client.clientPin.agree(protocol);
    const input = hmacSecretInput(secret, salts);
    for (const extensions of [
      { 'hmac-secret-mc': input },
      { 'hmac-secret': false, 'hmac-secret-mc': input },
    ]) {
      expect(await outcome(make(registration({ extensions })))).toBe('MISSING_PARAMETER');
    }
  });

  it('checks as hmac-secret does, and stores nothing that fails', async () => {
    const secret = await opened.client.clientPin.agree(protocol);
    const refuse = async (input: CborValue) => {
      const extensions = { 'hmac-secret': true, 'hmac-secret-mc': input };
      return outcome(make(registration({ extensions })));
    };
    expect(await refuse(hmacSecretInput(secret, salts, [[2, undefined]]))).toBe('MISSING_PARAMETER');
    expect(await refuse(hmacSecretInput(secret, salts, [[4, 3]]))).toBe('INVALID_PARAMETER');
    expect(await refuse(hmacSecretInput(secret, salts, [[1, new Map()]]))).toBe('INVALID_PARAMETER');
    expect(await refuse(hmacSecretInput(secret, salts, [[3, new Uint8Array(16)]]))).toBe('PIN_AUTH_INVALID');
    expect(await refuse(hmacSecretInput(secret, concatBytes(salts, salts)))).toBe('INVALID_PARAMETER');
    expect(await refuse(hmacSecretInput(secret, salts.subarray(0, 16)))).toBe('INVALID_PARAMETER');
    expect(stored()).toBe(0);
  });
});

describe('thirdPartyPayment §12.9', () => {
  const asked = withInput('thirdPartyPayment', true);

  it('marks a credential without saying so, and says so later', async () => {
    const [marked, plain] = [await make(resident(1, asked)), await make(resident(2))];
    expect(marked.parsed.extensions).toBeUndefined();
    for (const [made, output] of [
      [marked, true],
      [plain, false],
    ] as const) {
      const used = await opened.client.getAssertion(assertion({ ...allow(made), ...asked }));
      expect(used.parsed.extensions).toEqual(new Map([['thirdPartyPayment', output]]));
    }
    expect((await opened.client.getAssertion(assertion(allow(marked)))).parsed.extensions).toBeUndefined();
  });

  it('is listed by credential management, on keys that know it', async () => {
    const list = async () => {
      await opened.client.clientPin.setPin(pin);
      const token = await tokenByPin(opened.client, bit.cm);
      const all = await opened.client.credentialManagement.enumerateCredentials(token, siteHash);
      return all.map(({ thirdPartyPayment }) => thirdPartyPayment);
    };
    await make(resident(1, asked));
    await make(resident(2));
    expect(await list()).toEqual([false, true]);
    opened = await openKey();
    await make(resident(1, asked));
    expect(await list()).toEqual([undefined]);
  });
});
