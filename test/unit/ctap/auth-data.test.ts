import { describe, expect, it } from 'vitest';
import { CborError } from '../../../src/cbor/error.ts';
import { decodeAuthData, encodeAuthData } from '../../../src/ctap/auth-data.ts';
import type { AuthData } from '../../../src/ctap/auth-data.ts';
import { bigEndian, concatBytes, fromHex, sameBytes, toHex } from '../../../src/ctap/bytes.ts';
import { ctapStatus, statusName } from '../../../src/ctap/status.ts';

const plain: AuthData = {
  rpIdHash: new Uint8Array(32).fill(0xaa),
  userPresent: true,
  userVerified: false,
  backupEligible: false,
  backupState: false,
  signCount: 0x01020304,
};
const attested = {
  aaguid: new Uint8Array(16).fill(0xbb),
  credentialId: new Uint8Array(300).fill(0xcc),
  publicKey: new Map([[1, 2]]),
};
const hash = 'aa'.repeat(32);

describe('encodeAuthData', () => {
  it('is 37 bytes without anything more', () => {
    expect(toHex(encodeAuthData(plain))).toBe(`${hash}0101020304`);
    expect(toHex(encodeAuthData({ ...plain, extensions: new Map() }))).toBe(`${hash}0101020304`);
  });

  it.each<[Partial<AuthData>, string]>([
    [{ userPresent: false }, '00'],
    [{ userVerified: true }, '05'],
    [{ backupEligible: true }, '09'],
    [{ backupEligible: true, backupState: true }, '19'],
    [{ attested }, '41'],
    [{ extensions: new Map([['credProtect', 1]]) }, '81'],
    [{ attested, extensions: new Map([['credProtect', 1]]), userVerified: true }, 'c5'],
  ])('%o has flags %s', (changes, flags) => {
    expect(toHex(encodeAuthData({ ...plain, ...changes })).slice(64, 66)).toBe(flags);
  });

  it('puts the credential before the extensions, its id behind its length', () => {
    const encoded = toHex(encodeAuthData({ ...plain, attested, extensions: new Map([['x', true]]) }));
    expect(encoded.slice(74)).toBe(`${'bb'.repeat(16)}012c${'cc'.repeat(300)}a10102a16178f5`);
  });

  it('counts to the end of 32 bits', () => {
    expect(toHex(encodeAuthData({ ...plain, signCount: 0xffff_ffff })).slice(66)).toBe('ffffffff');
  });
});

describe('decodeAuthData', () => {
  it.each<[string, Partial<AuthData>]>([
    ['nothing more', {}],
    ['a credential', { attested, userVerified: true }],
    ['extensions', { extensions: new Map([['credProtect', 2]]) }],
    ['both', { attested, extensions: new Map([['a', 1]]), backupEligible: true, backupState: true }],
  ])('reads what was written, with %s', (_what, changes) => {
    const data = { ...plain, ...changes };
    expect(decodeAuthData(encodeAuthData(data))).toEqual(data);
    const inside = concatBytes(new Uint8Array(5), encodeAuthData(data)).subarray(5);
    expect(decodeAuthData(inside)).toEqual(data);
  });

  it('refuses every truncation and every byte too much', () => {
    const whole = encodeAuthData({ ...plain, attested, extensions: new Map([['a', 1]]) });
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeAuthData(whole.subarray(0, length)), `${length} bytes`).toThrow(CborError);
    }
    expect(() => decodeAuthData(concatBytes(whole, Uint8Array.of(0)))).toThrow(CborError);
  });

  it('wants maps', () => {
    expect(() => decodeAuthData(fromHex(`${hash}8100000000` + '01'))).toThrow(CborError);
    const credential = `${'bb'.repeat(16)}0001cc01`;
    expect(() => decodeAuthData(fromHex(`${hash}4100000000${credential}`))).toThrow(CborError);
  });
});

describe('bytes', () => {
  it('are compared by length and content', () => {
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(sameBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  });

  it('are read from hexadecimal strings and nothing else', () => {
    expect(fromHex('00fFa5')).toEqual(Uint8Array.of(0, 255, 0xa5));
    for (const bad of ['0', '0g', ' 00', '0x00']) expect(() => fromHex(bad)).toThrow(RangeError);
  });

  it('are big-endian', () => {
    expect(bigEndian(0x0102, 2)).toEqual(Uint8Array.of(1, 2));
    expect(bigEndian(0xfffefdfc, 4)).toEqual(Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc));
  });
});

describe('status names', () => {
  it('are those of the standard, or hexadecimal', () => {
    expect(statusName(0x36)).toBe('PUAT_REQUIRED');
    expect(statusName(0xf0)).toBe('0xf0');
    expect(statusName(0x38)).toBe('0x38');
    expect(new Set(Object.values(ctapStatus)).size).toBe(Object.keys(ctapStatus).length);
  });
});
