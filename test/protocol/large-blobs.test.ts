import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { fromHex } from '../support/hex.ts';
import {
  allow,
  assertion,
  bit,
  fingerprintUv,
  openKey,
  outcome,
  pin,
  provider,
  rawOutcome,
  registration,
  replugged,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

const capacity = 2048;
const withArray = { largeBlobArray: { capacity } };
const initial = fromHex('80 76be8b528d0075f7aae98d6fa57a6d3c');

/** An array of `size` bytes with its checksum; the key does not look into it. */
function array(size: number, fill = 0xab): Uint8Array {
  const content = new Uint8Array(size - 16).fill(fill);
  return concatBytes(content, provider.sha256(content).subarray(0, 16));
}

let opened: Opened;
beforeEach(async () => {
  opened = await openKey({ ...withArray, maxMsgSize: 1024 });
});

const blobs = () => opened.client.largeBlobs;
const part = (bytes: Uint8Array, from: number, to: number, length?: number) => ({
  fragment: bytes.subarray(from, to),
  offset: from,
  ...(length !== undefined && { length }),
});
async function protect(permissions: number = bit.lbw): Promise<PinUvAuthToken> {
  await opened.client.clientPin.setPin(pin);
  return tokenByPin(opened.client, permissions);
}

describe('reading §6.10', () => {
  it('finds the empty array on a new key, for anybody', async () => {
    expect(await blobs().read()).toEqual(initial);
    await protect();
    expect(await blobs().read()).toEqual(initial);
  });

  it('answers what there is, and nothing at the end', async () => {
    expect(await blobs().getFragment(1, 3)).toEqual(fromHex('76be8b'));
    expect(await blobs().getFragment(16, 960)).toEqual(fromHex('3c'));
    expect(await blobs().getFragment(17, 960)).toEqual(new Uint8Array());
    expect(await blobs().getFragment(0, 0)).toEqual(new Uint8Array());
  });

  it('goes no further than the end, and not in longer parts than fit', async () => {
    expect(await outcome(blobs().getFragment(18, 1))).toBe('INVALID_PARAMETER');
    expect(await outcome(blobs().getFragment(0, 960))).toBe('OK');
    expect(await outcome(blobs().getFragment(18, 961))).toBe('INVALID_LENGTH');
  });

  it('comes back whole when the array is an exact multiple of a part', async () => {
    await blobs().write(array(1920));
    expect(await blobs().read(960)).toEqual(array(1920));
  });
});

describe('writing §6.10', () => {
  it.each([17, 960, 961, 1920, capacity])('takes %i bytes, in parts', async (size) => {
    await blobs().write(array(size));
    expect(await blobs().read()).toEqual(array(size));
  });

  it('needs no authorisation while nothing protects the key', async () => {
    expect(await outcome(blobs().write(array(40)))).toBe('OK');
  });

  it('outlives a power cycle and dies with a reset', async () => {
    await blobs().write(array(40));
    opened = await replugged(opened);
    expect(await blobs().read()).toEqual(array(40));
    await opened.client.reset();
    expect(await blobs().read()).toEqual(initial);
  });

  it('keeps the old array when the checksum is wrong', async () => {
    await blobs().write(array(40));
    const bent = array(1000, 1);
    bent[999]! ^= 1;
    expect(await outcome(blobs().write(bent))).toBe('INTEGRITY_FAILURE');
    expect(await blobs().read()).toEqual(array(40));
    expect(await outcome(blobs().setFragment(part(bent, 960, 1000)))).toBe('INVALID_SEQ');
  });

  it('has room for its capacity, and always for 1024 bytes', async () => {
    expect(await outcome(blobs().write(array(capacity + 1)))).toBe('LARGE_BLOB_STORAGE_FULL');
    opened = await openKey({ largeBlobArray: { capacity: 1024 } });
    expect(await outcome(blobs().write(array(1025)))).toBe('LARGE_BLOB_STORAGE_FULL');
    expect(await outcome(blobs().write(array(1024)))).toBe('OK');
  });

  it('refuses more than was announced, and an array of nothing', async () => {
    const whole = array(40);
    expect(await outcome(blobs().setFragment(part(whole, 0, 40, 39)))).toBe('INVALID_PARAMETER');
    expect(await outcome(blobs().setFragment(part(whole, 0, 16, 16)))).toBe('INVALID_PARAMETER');
    await blobs().setFragment(part(whole, 0, 20, 30));
    expect(await outcome(blobs().setFragment(part(whole, 20, 31)))).toBe('INVALID_PARAMETER');
    expect(await blobs().read()).toEqual(initial);
  });
});

describe('an upload in progress §6.10', () => {
  const whole = array(100);
  const rest = () => outcome(blobs().setFragment(part(whole, 50, 100)));
  beforeEach(async () => {
    await blobs().setFragment(part(whole, 0, 50, 100));
  });

  it('goes on at its very end only', async () => {
    expect(await outcome(blobs().setFragment(part(whole, 49, 100)))).toBe('INVALID_SEQ');
    expect(await outcome(blobs().setFragment(part(whole, 51, 100)))).toBe('INVALID_SEQ');
    expect(await blobs().read()).toEqual(initial);
    expect(await rest()).toBe('OK');
    expect(await blobs().read()).toEqual(whole);
    expect(await rest()).toBe('INVALID_SEQ');
  });

  it('survives a part that is refused and a look at the array', async () => {
    const { fragment, offset } = part(whole, 50, 100);
    expect(await outcome(blobs().setFragment({ fragment, offset, length: 50 }))).toBe('INVALID_PARAMETER');
    expect(await outcome(blobs().setFragment({ fragment: new Uint8Array(961), offset }))).toBe(
      'INVALID_LENGTH',
    );
    expect(await blobs().read()).toEqual(initial);
    expect(await rest()).toBe('OK');
  });

  it('begins anew at offset zero', async () => {
    await blobs().setFragment(part(array(60, 2), 0, 30, 60));
    expect(await rest()).toBe('INVALID_SEQ');
    expect(await outcome(blobs().setFragment(part(array(60, 2), 30, 60)))).toBe('OK');
    expect(await blobs().read()).toEqual(array(60, 2));
  });

  it.each([
    ['another command', () => opened.client.getInfo()],
    ['another host', async () => (await opened.key.connect()).getInfo()],
    ['a reset', () => opened.client.reset()],
    [
      'a power cycle',
      async () => {
        opened = await replugged(opened);
      },
    ],
  ])('ends with %s', async (_name, interrupt) => {
    await interrupt();
    expect(await rest()).toBe('INVALID_SEQ');
    expect(await blobs().read()).toEqual(initial);
  });

  it('belongs to the host that began it', async () => {
    const other = await opened.key.connect();
    expect(await outcome(other.largeBlobs.setFragment(part(whole, 50, 100)))).toBe('INVALID_SEQ');
  });
});

describe('authorisation §6.10', () => {
  it('is needed once a PIN is set', async () => {
    const token = await protect();
    expect(await outcome(blobs().write(array(40)))).toBe('PUAT_REQUIRED');
    expect(await outcome(blobs().write(array(1000), token))).toBe('OK');
    expect(await blobs().read()).toEqual(array(1000));
  });

  it('is needed for built-in verification and for alwaysUv too', async () => {
    opened = await openKey({ ...withArray, builtInUv: fingerprintUv });
    expect(await outcome(blobs().write(array(40)))).toBe('PUAT_REQUIRED');
    const token = await opened.client.clientPin.getPinUvAuthTokenUsingUv({ permissions: bit.lbw });
    expect(await outcome(blobs().write(array(40), token))).toBe('OK');
    opened = await openKey({ ...withArray, alwaysUv: true, makeCredUvNotRqd: false });
    expect(await outcome(blobs().write(array(40)))).toBe('PUAT_REQUIRED');
  });

  it('covers the offset and the content', async () => {
    const token = await protect();
    const whole = array(600);
    const param = (offset: readonly number[], bytes: Uint8Array) =>
      token.authenticate(
        concatBytes(new Uint8Array(32).fill(0xff), Uint8Array.of(0x0c, 0, ...offset), provider.sha256(bytes)),
      );
    const first = whole.subarray(0, 300);
    const second = whole.subarray(300);
    const send = (...members: (readonly [number, CborValue])[]) =>
      rawOutcome(opened.client, 0x0c, cborMap([...members, [6, 2]]));
    const begin = (auth: Uint8Array) => send([2, first], [3, 0], [4, 600], [5, auth]);
    const go = (auth: Uint8Array) => send([2, second], [3, 300], [5, auth]);
    expect(await begin(param([0, 0, 0, 0], second))).toBe('PIN_AUTH_INVALID');
    expect(await begin(param([0, 0, 0, 0], first))).toBe('OK');
    expect(await go(param([0, 0, 0x01, 0x2c], second))).toBe('PIN_AUTH_INVALID');
    expect(await go(param([0x2c, 0x01, 0, 0], second))).toBe('OK');
  });

  it('wants the permission lbw, which not every key gives', async () => {
    const token = await protect(bit.cm);
    expect(await outcome(blobs().write(array(40), token))).toBe('PIN_AUTH_INVALID');
    opened = await openKey();
    await opened.client.clientPin.setPin(pin);
    expect(await outcome(tokenByPin(opened.client, bit.lbw))).toBe('UNAUTHORIZED_PERMISSION');
    expect(await outcome(blobs().read())).toBe('INVALID_COMMAND');
  });

  it('is not spent by the touches that spend everything else', async () => {
    const token = await protect(bit.mc | bit.lbw);
    const made = await opened.client.makeCredential(registration({ pinUvAuthToken: token }));
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken: token })))).toBe(
      'PIN_AUTH_INVALID',
    );
    expect(await outcome(blobs().write(array(1000), token))).toBe('OK');
    const used = await tokenByPin(opened.client, bit.ga | bit.lbw);
    await opened.client.getAssertion(assertion({ ...allow(made), pinUvAuthToken: used }));
    expect(await outcome(blobs().write(array(40), used))).toBe('OK');
  });

  it('takes protocol one', async () => {
    await protect();
    const token = await tokenByPin(opened.client, bit.lbw, undefined, 1);
    expect(await outcome(blobs().write(array(40), token))).toBe('OK');
  });
});

describe('the order of checks §6.10', () => {
  const send = (...members: (readonly [number, CborValue])[]) =>
    rawOutcome(opened.client, 0x0c, cborMap(members));
  const fragment = [2, array(40)] as const;
  const auth = [5, new Uint8Array(32)] as const;

  it('is offset, one of get and set, then what each of them takes', async () => {
    expect(await send()).toBe('INVALID_PARAMETER');
    expect(await send([1, 961])).toBe('INVALID_PARAMETER');
    expect(await send([3, 0])).toBe('INVALID_PARAMETER');
    expect(await send([1, 1], fragment, [3, 0])).toBe('INVALID_PARAMETER');
    expect(await send([1, 961], [3, 0], [4, 1])).toBe('INVALID_PARAMETER');
    expect(await send([1, 961], [3, 0], auth)).toBe('INVALID_PARAMETER');
    expect(await send([1, 961], [3, 0], [6, 2])).toBe('INVALID_PARAMETER');
    expect(await send([1, 1], [3, 18])).toBe('INVALID_PARAMETER');
  });

  it('is length, sequence, authorisation, and only then the announced size', async () => {
    await protect();
    const long = [2, new Uint8Array(961)] as const;
    expect(await send(long, [3, 0])).toBe('INVALID_LENGTH');
    expect(await send(fragment, [3, 0])).toBe('INVALID_PARAMETER');
    expect(await send(fragment, [3, 0], [4, capacity + 1])).toBe('LARGE_BLOB_STORAGE_FULL');
    expect(await send(fragment, [3, 0], [4, 16])).toBe('INVALID_PARAMETER');
    expect(await send(fragment, [3, 7], [4, 40])).toBe('INVALID_PARAMETER');
    expect(await send(fragment, [3, 7])).toBe('INVALID_SEQ');
    expect(await send(fragment, [3, 0], [4, 39])).toBe('PUAT_REQUIRED');
    expect(await send(fragment, [3, 0], [4, 39], auth)).toBe('MISSING_PARAMETER');
    expect(await send(fragment, [3, 0], [4, 39], auth, [6, 3])).toBe('INVALID_PARAMETER');
    expect(await send(fragment, [3, 0], [4, 39], auth, [6, 2])).toBe('PIN_AUTH_INVALID');
  });

  it('takes wrong types for what they are', async () => {
    expect(await send([1, 'x'], [3, 0])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([2, 1], [3, 0])).toBe('CBOR_UNEXPECTED_TYPE');
    expect(await send([1, 1], [3, -1])).toBe('CBOR_UNEXPECTED_TYPE');
  });
});
