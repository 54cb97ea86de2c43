import { describe, expect, it } from 'vitest';
import type { HidChannel } from '../../../src/client/hid-channel.ts';
import { U2fClient, encodeApdu } from '../../../src/client/u2f-client.ts';
import { fromHex, toHex } from '../../../src/ctap/bytes.ts';

function clientFor(answer: string, form?: 'short' | 'extended'): { client: U2fClient; sent: string[] } {
  const sent: string[] = [];
  const transact = (_: number, payload: Uint8Array) => {
    sent.push(toHex(payload));
    return Promise.resolve(fromHex(answer));
  };
  return { client: new U2fClient({ transact } as unknown as HidChannel, form), sent };
}

describe('APDUs', () => {
  const data = Uint8Array.of(0xaa, 0xbb);
  it.each([
    ['extended', { ins: 3 }, '00030000' + '000000'],
    ['extended', { ins: 1, p1: 3, data }, '00010300' + '000002' + 'aabb' + '0000'],
    ['extended', { ins: 2, data: new Uint8Array(300) }, '00020000' + '00012c' + '00'.repeat(300) + '0000'],
    ['short', { ins: 3 }, '00030000' + '00'],
    ['short', { cla: 0x80, ins: 1, p1: 1, p2: 2, data }, '80010102' + '02' + 'aabb' + '00'],
  ] as const)('in %s form: %j', (form, apdu, hex) => {
    expect(toHex(encodeApdu(apdu, form))).toBe(hex);
  });

  it('do not carry more than their form can say', () => {
    expect(() => encodeApdu({ ins: 1, data: new Uint8Array(256) }, 'short')).toThrow(RangeError);
    expect(() => encodeApdu({ ins: 1, data: new Uint8Array(65_536) }, 'extended')).toThrow(RangeError);
  });
});

describe('the U2F client', () => {
  const point = '04' + '11'.repeat(64);
  it.each([
    ['two bytes of length', '3082000401020304'],
    ['one byte of length', '308103010203'],
    ['a short length', '3003010203'],
  ])('takes a registration apart, certificate with %s', async (_, certificate) => {
    const { client, sent } = clientFor(
      '05' + point + '02' + 'cafe' + certificate + '3006beef' + '9000',
      'short',
    );
    const made = await client.register(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
    expect(sent).toEqual(['00010000' + '40' + '01'.repeat(32) + '02'.repeat(32) + '00']);
    expect(made).toEqual({
      publicKey: fromHex(point),
      keyHandle: fromHex('cafe'),
      certificate: fromHex(certificate),
      signature: fromHex('3006beef'),
    });
  });

  it('takes an assertion apart', async () => {
    const { client, sent } = clientFor('01' + '0000abcd' + '3006beef' + '9000');
    const [challenge, application] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    expect(await client.authenticate(3, challenge, application, fromHex('cafe'))).toEqual({
      userPresence: 1,
      counter: 0xabcd,
      signature: fromHex('3006beef'),
    });
    expect(sent).toEqual(['00020300' + '000043' + '01'.repeat(32) + '02'.repeat(32) + '02cafe' + '0000']);
  });

  it.each([
    ['no status word', '90', 'KeyResponseError'],
    [
      'a registration that ends after the certificate',
      '05' + point + '02cafe' + '3003010203' + '9000',
      'KeyResponseError',
    ],
    [
      'a registration of another form',
      '04' + point + '02cafe' + '3003010203' + 'beef' + '9000',
      'KeyResponseError',
    ],
    ['another status word', '6a80', 'U2fStatusError'],
  ])('refuses %s', async (_, answer, name) => {
    const { client } = clientFor(answer);
    await expect(client.register(new Uint8Array(32), new Uint8Array(32))).rejects.toMatchObject({ name });
  });

  it('refuses an assertion without a counter', async () => {
    const { client } = clientFor('0100009000');
    const assertion = client.authenticate(3, new Uint8Array(32), new Uint8Array(32), Uint8Array.of(1));
    await expect(assertion).rejects.toMatchObject({ name: 'KeyResponseError' });
  });
});
