import { describe, expect, it } from 'vitest';
import {
  decodeImportReply,
  decodeListReply,
  decodeOpRequest,
  encodeImportReply,
  encodeImportRequest,
  encodeListReply,
  encodeListRequest,
  opRequestSize,
} from '../../../src/transports/usbip-op-codec.ts';
import type { UsbipDevice } from '../../../src/transports/usbip-op-codec.ts';
import {
  decodeUrbRequest,
  encodeSubmit,
  encodeSubmitted,
  encodeUnlink,
  encodeUnlinked,
  maxTransferSize,
  urbRequestSize,
} from '../../../src/transports/usbip-urb-codec.ts';
import { fromHex } from '../../support/hex.ts';

// The example of Documentation/usb/usbip_protocol.rst: a host asks a FIDO key for a channel.
const captured = {
  commandIn:
    '00000001 00000d05 0001000f 00000001 00000001 00000200 00000040 ffffffff 00000000 00000004 00000000 00000000',
  commandOut:
    '00000001 00000d06 0001000f 00000000 00000001 00000000 00000040 ffffffff 00000000 00000004 00000000 00000000' +
    `ffffffff860008a784ce5ae2123763${'00'.repeat(49)}`,
  returnOut:
    '00000003 00000d06 00000000 00000000 00000000 00000000 00000040 ffffffff 00000000 00000000 00000000 00000000',
  returnIn:
    '00000003 00000d05 00000000 00000000 00000000 00000000 00000040 ffffffff 00000000 00000000 00000000 00000000' +
    `ffffffff860011a784ce5ae2123763612891b10201000004${'00'.repeat(40)}`,
};
const bytesOf = (text: string): Uint8Array => fromHex(text.replaceAll(' ', ''));

/** The capture has the "not isochronous" mark in start_frame, where later kernels and the table have zero. */
const asDocumented = (text: string): Uint8Array => {
  const bytes = bytesOf(text);
  bytes.copyWithin(0x20, 0x1c, 0x20).fill(0, 0x1c, 0x20);
  return bytes;
};

const device: UsbipDevice = {
  path: '/sys/devices/pci0000:00/0000:00:1d.1/usb3/3-2',
  busId: '3-2',
  busNumber: 3,
  deviceNumber: 2,
  speed: 2,
  vendorId: 0x1234,
  productId: 0x5678,
  version: 0x0102,
  deviceClass: 0,
  configurationValue: 1,
  interfaces: [[3, 0, 0]],
};

function textField(text: string, size: number): Uint8Array {
  const field = new Uint8Array(size);
  field.set(new TextEncoder().encode(text));
  return field;
}

const deviceBytes = Uint8Array.from([
  ...textField(device.path, 256),
  ...textField('3-2', 32),
  ...[0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2],
  ...[0x12, 0x34, 0x56, 0x78, 0x01, 0x02, 0, 0, 0, 1, 1, 1],
]);

describe('the codec of USB/IP operations', () => {
  it('reads the request for the list', () => {
    const bytes = fromHex('0111800500000000');
    expect(opRequestSize(bytes)).toBe(8);
    expect(decodeOpRequest(bytes)).toEqual({ kind: 'list' });
    expect(encodeListRequest()).toEqual(bytes);
  });

  it('reads the request for an import, whose bus id is closed by zero', () => {
    const bytes = Uint8Array.from([...fromHex('0111800300000000'), ...textField('3-2', 32)]);
    expect(opRequestSize(bytes.subarray(0, 8))).toBe(40);
    expect(decodeOpRequest(bytes)).toEqual({ kind: 'import', busId: '3-2' });
    expect(encodeImportRequest('3-2')).toEqual(bytes);
  });

  it('waits for the whole header', () => {
    expect(opRequestSize(fromHex('01118005000000'))).toBeUndefined();
  });

  it.each([
    ['474554202f204854', 'version 4745'],
    ['0100800500000000', 'version 0100'],
    ['0111800200000000', 'request 8002'],
  ])('refuses %s', (hex, reason) => {
    expect(() => opRequestSize(fromHex(hex))).toThrow(reason);
  });

  it('lists devices with their interfaces at the documented offsets', () => {
    const message = encodeListReply([device, { ...device, busId: '3-3' }]);
    expect(message.slice(0, 12)).toEqual(fromHex('011100050000000000000002'));
    expect(message.slice(12, 12 + 312)).toEqual(deviceBytes);
    expect(message.slice(12 + 312, 12 + 316)).toEqual(fromHex('03000000'));
    expect(message).toHaveLength(12 + 2 * 316);
    expect(decodeListReply(message)).toEqual([device, { ...device, busId: '3-3' }]);
    expect(decodeListReply(message.subarray(0, -1))).toBeUndefined();
  });

  it('gives a device away without its interfaces, or says why not', () => {
    const message = encodeImportReply(device);
    expect(message).toEqual(Uint8Array.from([...fromHex('0111000300000000'), ...deviceBytes]));
    expect(decodeImportReply(message)).toEqual({ ...device, interfaces: [] });
    expect(encodeImportReply(4)).toEqual(fromHex('0111000300000004'));
    expect(decodeImportReply(fromHex('0111000300000004'))).toBe(4);
  });

  it('knows an answer that is none', () => {
    expect(() => decodeImportReply(fromHex('485454502f312e31'))).toThrow('no USB/IP');
  });
});

describe('the codec of transfers', () => {
  it('reads the documented transfers', () => {
    const inwards = bytesOf(captured.commandIn);
    expect(urbRequestSize(inwards)).toBe(48);
    expect(decodeUrbRequest(inwards)).toMatchObject({
      kind: 'submit',
      seqnum: 0xd05,
      deviceId: 0x1000f,
      direction: 'in',
      endpoint: 1,
      flags: 0x200,
      length: 64,
      data: new Uint8Array(),
    });
    const outwards = bytesOf(captured.commandOut);
    expect(urbRequestSize(outwards.subarray(0, 48))).toBe(112);
    expect(decodeUrbRequest(outwards)).toMatchObject({
      direction: 'out',
      length: 64,
      data: outwards.slice(48),
    });
  });

  it('writes the documented answers', () => {
    expect(encodeSubmitted(0xd06, 0, 64)).toEqual(asDocumented(captured.returnOut));
    const returned = asDocumented(captured.returnIn);
    expect(encodeSubmitted(0xd05, 0, 64, returned.slice(48))).toEqual(returned);
  });

  it('says it when a transfer is unlinked', () => {
    const request = encodeUnlink({ seqnum: 9, deviceId: 0x10002, target: 7 });
    expect(request).toEqual(
      bytesOf(`00000002 00000009 00010002 ${'00'.repeat(8)} 00000007 ${'00'.repeat(24)}`),
    );
    expect(urbRequestSize(request)).toBe(48);
    expect(decodeUrbRequest(request)).toEqual({ kind: 'unlink', seqnum: 9, deviceId: 0x10002, target: 7 });
    const answer = bytesOf(`00000004 00000009 ${'00'.repeat(12)} ffffff98 ${'00'.repeat(24)}`);
    expect(encodeUnlinked(9, -104)).toEqual(answer);
  });

  const submit = (changes: Partial<Parameters<typeof encodeSubmit>[0]>): Uint8Array =>
    encodeSubmit({ seqnum: 1, deviceId: 1, direction: 'out', endpoint: 1, ...changes });
  const patched = (offset: number, value: number): Uint8Array => {
    const bytes = submit({});
    new DataView(bytes.buffer).setUint32(offset, value);
    return bytes;
  };

  it.each([
    ['an unknown command', patched(0, 3), 'command 0003'],
    ['isochronous packets', patched(0x20, 5), 'isochronous'],
    ['a negative length', patched(0x18, 0xffffffff), 'transfer of 4294967295 bytes'],
    ['a direction that is none', patched(0x0c, 2), 'direction 2'],
    ['more than any host sends', submit({ length: maxTransferSize + 1 }), 'send 16385 bytes'],
  ])('refuses %s by its header alone', (_name, bytes, reason) => {
    expect(() => urbRequestSize(bytes.subarray(0, 48))).toThrow(reason);
  });

  it('takes any room for data of the device, which costs nothing', () => {
    expect(urbRequestSize(submit({ direction: 'in', length: 0x7fffffff }))).toBe(48);
  });

  it('refuses an endpoint that cannot be', () => {
    expect(() => decodeUrbRequest(submit({ endpoint: 16 }))).toThrow('endpoint 16');
  });
});
