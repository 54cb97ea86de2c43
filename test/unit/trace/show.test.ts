import { describe, expect, it } from 'vitest';
import type { CborValue } from '../../../src/cbor/value.ts';
import type { Shape } from '../../../src/trace/shape.ts';
import { named, secret } from '../../../src/trace/shape.ts';
import type { Secrets } from '../../../src/trace/show-cbor.ts';
import { showCbor } from '../../../src/trace/show-cbor.ts';
import { showU2fRequest, showU2fResponse, u2fCommand } from '../../../src/trace/show-u2f.ts';

const hides = (): Secrets & { found: Uint8Array[] } => ({ reveal: false, found: [] });
const bytes = (...values: readonly number[]) => Uint8Array.from(values);
const bits: Shape = { kind: 'bits', names: { mc: 1, ga: 2 } };
const list: Shape = { kind: 'list', element: named({ packed: 1 }) };
const coseKey: Shape = { kind: 'coseKey' };

describe('a value of CBOR', () => {
  it.each<[string, CborValue, Shape | undefined, unknown]>([
    ['a big number', 2n ** 60n, undefined, '1152921504606846976'],
    ['nothing', null, undefined, null],
    ['a list', [1, bytes(1)], undefined, [1, 'AQ']],
    ['a map', new Map([[1, 'a']]), undefined, { 1: 'a' }],
    ['names in a list', [1, 2], list, ['packed', 2]],
    ['bits', 3, bits, ['mc', 'ga']],
    ['unknown bits', 0x12, bits, ['ga', '0x10']],
    [
      'a UUID',
      bytes(...Array.from({ length: 16 }, (_, i) => i)),
      { kind: 'uuid' },
      '00010203-0405-0607-0809-0a0b0c0d0e0f',
    ],
  ])('is shown as it is meant: %s', (_, value, shape, shown) => {
    expect(showCbor(value, shape, hides())).toEqual(shown);
  });

  it.each<[Shape['kind'], Shape]>([
    ['map', { kind: 'map', members: new Map() }],
    ['list', list],
    ['name', named({ packed: 1 })],
    ['bits', bits],
    ['authData', { kind: 'authData' }],
    ['coseKey', coseKey],
    ['uuid', { kind: 'uuid' }],
  ])('that is no %s is shown as it is', (_, shape) => {
    expect(showCbor('odd', shape, hides())).toBe('odd');
  });

  it('that is secret keeps its bytes to itself, however deep', () => {
    const secrets = hides();
    const value = new Map<number, CborValue>([
      [1, bytes(1, 2, 3)],
      [2, [bytes(4), true]],
    ]);
    expect(showCbor(value, secret, secrets)).toEqual({
      1: 'redacted, 3 bytes',
      2: ['redacted, 1 bytes', true],
    });
    expect(secrets.found).toEqual([bytes(1, 2, 3), bytes(4)]);
    expect(showCbor(bytes(1), secret, { reveal: true, found: [] })).toBe('AQ');
  });
});

describe('a COSE key', () => {
  it.each<[string, readonly (readonly [number, CborValue])[], object]>([
    [
      'on a curve',
      [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(1)],
      ],
      { kty: 'EC2', alg: 'ES256', crv: 'P-256', x: 'AQ' },
    ],
    [
      'of RSA',
      [
        [1, 3],
        [3, -257],
        [-1, bytes(1)],
        [-2, bytes(2)],
      ],
      { kty: 'RSA', alg: 'RS256', n: 'AQ', e: 'Ag' },
    ],
    [
      'after quantum',
      [
        [1, 7],
        [-1, bytes(1)],
      ],
      { kty: 'AKP', pub: 'AQ' },
    ],
    [
      'for an agreement',
      [
        [1, 2],
        [3, -25],
      ],
      { kty: 'EC2', alg: 'ECDH-ES+HKDF-256' },
    ],
    [
      'of an unknown kind',
      [
        [1, 99],
        [-1, 99],
        [-70, 5],
      ],
      { kty: 99, crv: 99, '-70': 5 },
    ],
  ])('has the labels of its type: %s', (_, members, shown) => {
    expect(showCbor(new Map(members), coseKey, hides())).toEqual(shown);
  });
});

describe('authenticator data that does not parse', () => {
  it('shows its problem only, and counts the rest as secret', () => {
    const secrets = hides();
    const broken = new Uint8Array(40).fill(0x41);
    expect(showCbor(broken, { kind: 'authData' }, secrets)).toEqual({
      problem: expect.any(String) as string,
    });
    expect(secrets.found).toEqual([broken.subarray(37)]);
    const short = hides();
    expect(showCbor(bytes(1), { kind: 'authData' }, short)).toHaveProperty('problem');
    expect(short.found).toEqual([bytes()]);
  });

  it('shows its bytes to those who may see secrets', () => {
    const shown = showCbor(bytes(1, 2), { kind: 'authData' }, { reveal: true, found: [] });
    expect(shown).toMatchObject({ bytes: 'AQI' });
  });
});

const parameters = Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 2));
const half = (value: number) => Buffer.alloc(32, value).toString('base64url');

describe('a U2F request', () => {
  it('has its challenge and its application, in both lengths', () => {
    const shown = { challenge: half(1), application: half(2) };
    expect(showU2fRequest(bytes(0, 1, 0, 0, 0, 0, 64, ...parameters))).toMatchObject(shown);
    expect(showU2fRequest(bytes(0, 1, 0, 0, 64, ...parameters, 9))).toEqual({
      ...{ cla: 0, ins: 1, p1: 0, p2: 0 },
      ...shown,
    });
  });

  it.each([
    [3, 'enforce-user-presence-and-sign'],
    [7, 'check-only'],
    [8, 'dont-enforce-user-presence-and-sign'],
    [0x42, '0x42'],
  ])('to sign says what its control byte %i means', (control, name) => {
    const apdu = bytes(0, 2, control, 0, 0, 0, 67, ...parameters, 2, 7, 7);
    expect(showU2fRequest(apdu)).toMatchObject({ control: name, keyHandle: 'Bwc' });
  });

  it('of another kind shows its data, if it has some', () => {
    expect(showU2fRequest(bytes(0, 3, 0, 0))).toEqual({ cla: 0, ins: 3, p1: 0, p2: 0 });
    expect(showU2fRequest(bytes(0, 0x40, 1, 2, 1, 5))).toEqual({
      cla: 0,
      ins: 0x40,
      p1: 1,
      p2: 2,
      data: 'BQ',
    });
    expect(showU2fRequest(bytes())).toEqual({ cla: 0, ins: 0, p1: 0, p2: 0 });
    expect([u2fCommand(bytes()), u2fCommand(bytes(0, 0x40))]).toEqual(['u2fUnknown', 'u2fUnknown']);
  });

  it('that ends within its length shows what is there', () => {
    expect(showU2fRequest(bytes(0, 0x40, 0, 0, 0, 1))).toEqual({ cla: 0, ins: 0x40, p1: 0, p2: 0 });
  });
});

describe('a U2F response', () => {
  it.each([
    ['u2fVersion', [0x55, 0x32, 0x90, 0], { status: '9000 NO_ERROR', version: 'U2' }],
    ['u2fUnknown', [1, 0x90, 0], { status: '9000 NO_ERROR', data: 'AQ' }],
    ['u2fRegister', [0x69, 0x85], { status: '6985 CONDITIONS_NOT_SATISFIED' }],
    ['u2fRegister', [0x12, 0x34], { status: '1234' }],
    ['u2fRegister', [], { status: '0000' }],
    [
      'u2fAuthenticate',
      [1, 0, 0, 1, 2, 0x30, 0x90, 0],
      { status: '9000 NO_ERROR', userPresence: 1, counter: 258, signature: 'MA' },
    ],
  ])('to %s is shown member by member: %o', (command, response, shown) => {
    expect(showU2fResponse(command, bytes(...response))).toEqual(shown);
  });

  it('to a registration parts the certificate from the signature', () => {
    const certificate = [0x30, 0x82, 0, 2, 8, 8];
    const body = [5, ...Array.from({ length: 65 }, () => 4), 2, 7, 7, ...certificate, 0x30, 0x90, 0];
    expect(showU2fResponse('u2fRegister', bytes(...body))).toMatchObject({
      keyHandle: 'Bwc',
      attestationCertificate: Buffer.from(certificate).toString('base64url'),
      signature: 'MA',
    });
    // Too short to be a certificate: all of it, rather than bytes that are not there.
    const broken = [5, ...Array.from({ length: 65 }, () => 4), 0, 0x30, 0x90, 0];
    expect(showU2fResponse('u2fRegister', bytes(...broken))).toMatchObject({
      attestationCertificate: 'MA',
      signature: '',
    });
  });
});
