import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCbor } from '../../src/cbor/encode.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborKey, CborValue } from '../../src/cbor/value.ts';
import { createNobleCrypto } from '../../src/crypto/noble/provider.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { encodeDescriptor } from '../../src/ctap/entities.ts';
import { createBareAuthenticator } from '../support/bare-authenticator.ts';
import { localRandom } from '../support/local-key.ts';
import type { BareAuthenticator } from '../support/bare-authenticator.ts';
import { hmacSecretInput, provider } from '../support/protocol.ts';
import { encapsulate } from '../../src/client/pin-protocol.ts';
import { decodeClientPin } from '../../src/client/responses.ts';

const hash = new Uint8Array(32).fill(1);
const type = 'public-key';

function agreement(code: number): CborValue {
  const platform = { crypto: provider, random: { bytes: (length: number) => new Uint8Array(length) } };
  const own = provider.createAgreementKey();
  const peer = cborMap([
    [1, 2],
    [3, -25],
    [-1, 1],
    [-2, own.x],
    [-3, own.y],
  ]);
  return hmacSecretInput(encapsulate(platform, code as 1 | 2, peer), hash);
}

const point = (agreement(2) as ReadonlyMap<number, CborValue>).get(1)!;

/** Good requests of every command with parameters, to start from. */
const requests: readonly (readonly [number, ReadonlyMap<CborKey, CborValue>])[] = [
  [
    1,
    cborMap([
      [1, hash],
      [2, new Map([['id', 'example.com']])],
      [
        3,
        new Map<string, CborValue>([
          ['id', Uint8Array.of(1)],
          ['name', 'a'],
        ]),
      ],
      [
        4,
        [
          new Map<string, CborValue>([
            ['alg', -7],
            ['type', type],
          ]),
        ],
      ],
      [5, [encodeDescriptor(hash)]],
      [
        6,
        new Map<string, CborValue>([
          ['credProtect', 2],
          ['hmac-secret', true],
        ]),
      ],
      [7, new Map([['rk', true]])],
    ]),
  ],
  [
    2,
    cborMap([
      [1, 'example.com'],
      [2, hash],
      [3, [encodeDescriptor(hash)]],
      [4, new Map([['hmac-secret', agreement(2)]])],
      [5, new Map([['up', true]])],
      [6, hash],
      [7, 2],
    ]),
  ],
  ...[1, 2, 3, 4, 5, 6, 7, 9].map(
    (code) =>
      [
        6,
        cborMap([
          [1, 1],
          [2, code],
          [3, point],
          [4, hash],
          [5, new Uint8Array(64)],
          [6, new Uint8Array(16)],
          ...(code === 5
            ? []
            : ([
                [9, 1],
                [10, 'example.com'],
              ] as const)),
        ]),
      ] as const,
  ),
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (code) =>
      [
        0x0a,
        cborMap([
          [1, code],
          [
            2,
            cborMap([
              [1, hash],
              [2, encodeDescriptor(hash)],
              [3, new Map([['id', hash]])],
            ]),
          ],
          [3, 2],
          [4, hash],
        ]),
      ] as const,
  ),
];

const scalar: fc.Arbitrary<CborValue> = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 64n - 1n }),
  fc.string({ maxLength: 20 }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 100 }),
  fc.constant(new Map() as CborValue),
  fc.constant([] as CborValue),
);

/** Replaces or removes one value somewhere inside of `value`, led by `path`. */
function bend(value: CborValue, path: readonly number[], put: CborValue | undefined): CborValue | undefined {
  const [at, ...rest] = path;
  if (at === undefined) return put;
  if (value instanceof Map && value.size > 0) {
    const entries = [...(value as Map<CborKey, CborValue>)];
    const index = at % entries.length;
    const [key, inner] = entries[index]!;
    const bent = bend(inner, rest, put);
    return cborMap(entries.map((entry, i) => (i === index ? ([key, bent] as const) : entry)));
  }
  if (Array.isArray(value) && value.length > 0) {
    const bent = bend(value[at % value.length] as CborValue, rest, put);
    return [...(value as CborValue[]), bent ?? null];
  }
  return put;
}

async function expectSane(key: BareAuthenticator, command: number, bytes: Uint8Array): Promise<void> {
  const answer = await key.send(command, bytes);
  const shown = `${command} ${Buffer.from(bytes).toString('hex')}`;
  expect(answer[0], shown).not.toBe(0x7f);
  if (answer[0] !== 0) expect(answer, shown).toHaveLength(1);
  expect(
    key.events.filter((event) => event.type === 'defect'),
    shown,
  ).toEqual([]);
  key.events.length = 0;
}

function freshKey(crypto: typeof provider): BareAuthenticator {
  const key = createBareAuthenticator({
    ports: { crypto },
    profile: { builtInUv: { modality: 'fingerprint', maxRetries: 25, attemptsPerOperation: 1 } },
  });
  key.user.otherwise('approve');
  return key;
}

const position = fc.array(fc.nat({ max: 10 }), { minLength: 1, maxLength: 5 });

describe.each([
  ['node', createNodeCrypto(), 800],
  ['noble', createNobleCrypto(localRandom()), 150],
])('any request, with the crypto of %s', (_name, crypto, numRuns) => {
  it('with a member changed or removed never finds a defect', async () => {
    const key = freshKey(crypto);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.array(fc.tuple(position, fc.option(scalar, { nil: undefined })), { maxLength: 3 }),
        async ([command, good], changes) => {
          const bent = changes.reduce<CborValue>(
            (value, [path, put]) => bend(value, path, put) ?? new Map(),
            good,
          );
          await expectSane(key, command, encodeCbor(bent));
          if (key.keystore.countDiscoverable() > 20)
            await key.keystore.remove([...key.keystore.all()].map(({ id }) => id));
        },
      ),
      { numRuns },
    );
    expect((await key.send(4))[0]).toBe(0);
  });

  it('with a byte changed never finds a defect', async () => {
    const key = freshKey(crypto);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async ([command, good], at, change) => {
          const bytes = encodeCbor(good);
          bytes[at % bytes.length]! ^= change;
          await expectSane(key, command, bytes);
        },
      ),
      { numRuns },
    );
  });

  it('of any bytes never finds a defect', async () => {
    const key = freshKey(crypto);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }), (command, bytes) =>
        expectSane(key, command, bytes),
      ),
      { numRuns },
    );
    const made = await key.send(
      6,
      cborMap([
        [1, 2],
        [2, 2],
      ]),
    );
    expect(decodeClientPin(made.subarray(1)).keyAgreement?.size).toBe(5);
  });
});

describe('any U2F message', () => {
  it('gets a status word, and never finds a defect', async () => {
    const key = freshKey(provider);
    const start = fc.constantFrom([0, 1, 0, 0], [0, 2, 3, 0], [0, 2, 7, 0], [0, 2, 8, 0], [0, 3, 0, 0]);
    const whole = fc
      .tuple(start, fc.uint8Array({ maxLength: 140 }))
      .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, fc.uint8Array({ maxLength: 140 })), async (apdu) => {
        const signal = new AbortController().signal;
        const answer = await key.authenticator.msg(apdu, {
          channel: 1,
          transport: 'usb',
          signal,
          setStatus: () => undefined,
        });
        expect(answer.length).toBeGreaterThanOrEqual(2);
        expect(answer.subarray(-2)).not.toEqual(Uint8Array.of(0x6f, 0));
      }),
      { numRuns: 1000 },
    );
    expect(key.events.filter((event) => event.type === 'defect')).toEqual([]);
  });
});
