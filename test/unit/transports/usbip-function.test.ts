import { beforeEach, describe, expect, it } from 'vitest';
import { fidoReportDescriptor } from '../../../src/transports/uhid-codec.ts';
import {
  maxPendingTransfers,
  maxWaitingReports,
  UsbFunction,
} from '../../../src/transports/usbip-function.ts';
import type { SubmitRequest } from '../../../src/transports/usbip-urb-codec.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { fromHex, toHex } from '../../support/hex.ts';
import { createRecordingEndpoint, filled } from './recording-endpoint.ts';

const deviceId = 0x10002;
const returnSubmit = 3;
const returnUnlink = 4;

interface Answer {
  readonly command: number;
  readonly seqnum: number;
  readonly status: number;
  readonly length: number;
  readonly data: string;
}

function setUp(echo = true) {
  const endpoint = createRecordingEndpoint(echo);
  const clock = createFakeClock();
  const answers: Answer[] = [];
  const device = new UsbFunction({
    endpoint,
    clock,
    deviceId,
    send: (message) => {
      const view = new DataView(message.buffer, message.byteOffset);
      answers.push({
        command: view.getUint32(0),
        seqnum: view.getUint32(4),
        status: view.getInt32(0x14),
        length: view.getUint32(0x18),
        data: toHex(message.subarray(48)),
      });
    },
  });
  let last = 0;
  const submit = (changes: Partial<SubmitRequest>): number => {
    const seqnum = changes.seqnum ?? ++last;
    const data = changes.data ?? new Uint8Array();
    const transfer = { direction: 'out', endpoint: 1, flags: 0, length: data.length } as const;
    device.handle({
      kind: 'submit',
      deviceId,
      setup: new Uint8Array(8),
      ...transfer,
      ...changes,
      seqnum,
      data,
    });
    return seqnum;
  };
  return {
    ...{ endpoint, clock, answers, device, submit },
    poll: (length = 64) => submit({ direction: 'in', length }),
    unlink: (target: number) => device.handle({ kind: 'unlink', seqnum: ++last, deviceId, target }),
    /** A control request in hex digits; its last answer as hex digits, or its status if that is an error. */
    control(setup: string, data: Uint8Array = new Uint8Array(), room = 4096): string | number {
      const bytes = fromHex(setup);
      const direction = ((bytes[0] ?? 0) & 0x80) !== 0 ? 'in' : 'out';
      submit({ endpoint: 0, direction, setup: bytes, data, length: direction === 'in' ? room : data.length });
      const { status, data: answer } = answers.at(-1)!;
      return status === 0 ? answer : status;
    },
  };
}

let bench: ReturnType<typeof setUp>;
beforeEach(() => {
  bench = setUp();
});

const stall = -32;
const configuration = '0902290001010080320904000002030000000921110100012222000705810340000507050103400005';

describe('the control endpoint of a key', () => {
  it('shows its device descriptor, cut to what the host asked for', () => {
    const descriptor = '12010002000000400912d0f12301010203' + '01';
    expect(bench.control('8006000100001200')).toBe(descriptor);
    expect(bench.control('8006000100000800')).toBe(descriptor.slice(0, 16));
    expect(bench.control('8006000100001200', undefined, 4)).toBe(descriptor.slice(0, 8));
  });

  it('shows one configuration with one HID interface and two interrupt endpoints of 64 bytes', () => {
    expect(bench.control('8006000200000900')).toBe(configuration.slice(0, 18));
    expect(bench.control('800600020000ff00')).toBe(configuration);
    expect(bench.control('800601020000ff00')).toBe(stall);
  });

  it('shows its HID and report descriptors', () => {
    expect(bench.control('8106002100000900')).toBe('092111010001222200');
    expect(bench.control('8106002200002200')).toBe(toHex(fidoReportDescriptor));
    expect(bench.control('8106002201002200')).toBe(stall);
  });

  it.each([
    [0, '04030904'],
    [1, `1003${toHex(Buffer.from('Fauxkey', 'utf16le'))}`],
    [2, `1403${toHex(Buffer.from('Bench key', 'utf16le'))}`],
    [3, `0c03${toHex(Buffer.from('F0001', 'utf16le'))}`],
    [4, stall],
    // What Windows asks every device for; keys do not know it.
    [0xee, stall],
  ])('answers string %i with %s', (index, text) => {
    expect(bench.control(`8006${index.toString(16).padStart(2, '0')}030904ff00`)).toBe(text);
  });

  it.each([
    ['GET_STATUS of the device', '8000000000000200', '0000'],
    ['GET_STATUS of the interface', '8100000000000200', '0000'],
    ['GET_STATUS of an endpoint', '8200000081000200', '0000'],
    ['GET_STATUS of an endpoint that is none', '8200000002000200', stall],
    ['GET_CONFIGURATION', '8008000000000100', '01'],
    ['SET_CONFIGURATION', '0009010000000000', ''],
    ['SET_CONFIGURATION of one that is none', '0009020000000000', stall],
    ['SET_ADDRESS', '0005070000000000', ''],
    ['GET_INTERFACE', '810a000000000100', '00'],
    ['SET_INTERFACE', '010b000000000000', ''],
    ['SET_INTERFACE of an alternative', '010b010000000000', stall],
    ['SET_FEATURE remote wake-up', '0003010000000000', stall],
    ['CLEAR_FEATURE halt', '0201000081000000', ''],
    ['the device qualifier of a faster device', '8006000600000a00', stall],
    ['SET_DESCRIPTOR', '0007000100000000', stall],
    ['SYNCH_FRAME', '820c000081000200', stall],
    ['SET_IDLE', '210a000400000000', ''],
    ['GET_REPORT input', 'a101000100004000', '00'.repeat(64)],
    ['GET_REPORT feature', 'a101000300004000', stall],
    ['GET_PROTOCOL', 'a103000000000100', stall],
    ['a class request to another interface', 'a102000001000100', stall],
    ['a vendor request', 'c001000000000100', stall],
  ])('answers %s', (_name, setup, answer) => {
    expect(bench.control(setup)).toBe(answer);
  });

  it('remembers its idle rate until it is configured', () => {
    bench.control('210a002000000000');
    expect(bench.control('a102000000000100')).toBe('20');
    bench.control('0009010000000000');
    expect(bench.control('a102000000000100')).toBe('00');
  });

  it('takes an output report by SET_REPORT', () => {
    expect(bench.control('2109000200004000', filled(7))).toBe('');
    expect(bench.endpoint.links[0]?.received).toEqual([filled(7)]);
    expect(bench.control('2109000200004000', filled(7).subarray(1))).toBe(stall);
    expect(bench.control('2109000300004000', filled(7))).toBe(stall);
  });

  it('refuses data that are not as long as announced', () => {
    expect(bench.control('0009010000000400')).toBe(stall);
  });
});

describe('the interrupt endpoints of a key', () => {
  it('end a transfer before the key reacts to it, and answer a pending one', () => {
    const read = bench.poll();
    const written = bench.submit({ data: filled(5) });
    expect(bench.answers).toEqual([
      { command: returnSubmit, seqnum: written, status: 0, length: 64, data: '' },
      { command: returnSubmit, seqnum: read, status: 0, length: 64, data: toHex(filled(5)) },
    ]);
  });

  it('keep reports in order until the host asks', () => {
    bench.submit({ data: Uint8Array.from([...filled(1), ...filled(2)]) });
    const reads = [bench.poll(), bench.poll(), bench.poll()];
    expect(bench.answers.slice(1).map(({ seqnum, data }) => [seqnum, data.slice(0, 2)])).toEqual([
      [reads[0], '01'],
      [reads[1], '02'],
    ]);
  });

  it('ignore what is no whole report', () => {
    bench.submit({ data: filled(1).subarray(1) });
    expect(bench.answers.at(-1)).toMatchObject({ status: 0, length: 63 });
    expect(bench.endpoint.links).toEqual([]);
  });

  it('say when the host has too little room', () => {
    bench.submit({ data: filled(1) });
    bench.poll(8);
    expect(bench.answers.at(-1)).toMatchObject({ status: -75, length: 8, data: '01'.repeat(8) });
  });

  it('forget an unlinked transfer, and give its report to the next one', () => {
    const read = bench.poll();
    bench.unlink(read);
    expect(bench.answers.at(-1)).toMatchObject({ command: returnUnlink, status: -104 });
    bench.submit({ data: filled(3) });
    const again = bench.poll();
    expect(bench.answers.at(-1)).toMatchObject({ command: returnSubmit, seqnum: again });
    bench.unlink(again);
    expect(bench.answers.at(-1)).toMatchObject({ command: returnUnlink, status: 0 });
  });

  it('stall while they are halted, and go on when that is cleared', () => {
    const read = bench.poll();
    bench.control('0203000081000000');
    expect(bench.answers.find(({ seqnum }) => seqnum === read)).toMatchObject({ status: stall });
    expect(bench.control('8200000081000200')).toBe('0100');
    bench.poll();
    expect(bench.answers.at(-1)?.status).toBe(stall);
    bench.control('0201000081000000');
    bench.submit({ data: filled(9) });
    bench.poll();
    expect(bench.answers.at(-1)).toMatchObject({ status: 0, length: 64 });
  });

  it('stall outwards too', () => {
    bench.control('0203000001000000');
    bench.submit({ data: filled(9) });
    expect(bench.answers.at(-1)?.status).toBe(stall);
    expect(bench.endpoint.links).toEqual([]);
  });

  it('do not exist without a configuration', () => {
    bench.control('0009000000000000');
    bench.poll();
    expect(bench.answers.at(-1)?.status).toBe(stall);
    expect(bench.control('8008000000000100')).toBe('00');
  });

  it('are the only ones', () => {
    bench.submit({ endpoint: 2, data: filled(1) });
    expect(bench.answers.at(-1)?.status).toBe(stall);
  });

  it('begin afresh when the device is configured: the host before is gone', () => {
    bench.submit({ data: filled(1) });
    const read = bench.poll();
    expect(bench.answers.at(-1)?.seqnum).toBe(read);
    bench.submit({ data: filled(2) });
    bench.control('0009010000000000');
    expect(bench.endpoint.links[0]?.isClosed).toBe(true);
    const before = bench.answers.length;
    bench.poll();
    expect(bench.answers).toHaveLength(before);
  });

  it('hold long messages back, so that a host which reads now and then loses none', () => {
    const data = Uint8Array.from({ length: 40 * 64 }, (_, index) => Math.floor(index / 64));
    for (let reads = 0; reads < 40; reads++) bench.poll();
    bench.submit({ data });
    const arrived = () =>
      bench.answers.filter(({ length, data: bytes }) => length === 64 && bytes !== '').length;
    expect(arrived()).toBe(16);
    bench.clock.advance(100);
    expect(arrived()).toBe(40);
  });
});

describe('a key and a host that breaks the rules', () => {
  it.each([
    ['another device', () => bench.submit({ deviceId: 1 }), 'did not import'],
    [
      'a number twice',
      () => [bench.submit({ direction: 'in', seqnum: 5 }), bench.submit({ direction: 'in', seqnum: 5 })],
      'two transfers',
    ],
    [
      'transfers without end',
      () => Array.from({ length: maxPendingTransfers + 1 }, () => bench.poll()),
      'too many',
    ],
  ])('throws for %s', (_name, run, reason) => {
    expect(run).toThrow(reason);
  });

  it('keeps a bounded number of reports that nobody fetches', () => {
    for (let sent = 0; sent < maxWaitingReports + 100; sent++) {
      bench.submit({ data: filled(sent & 0xff) });
      bench.clock.advance(2);
    }
    let reads = 0;
    for (; reads < maxWaitingReports + 100; reads++) {
      const before = bench.answers.length;
      const seqnum = bench.poll();
      if (bench.answers.length === before) {
        bench.unlink(seqnum);
        break;
      }
    }
    expect(reads).toBe(maxWaitingReports);
  });

  it('leaves nothing behind when the host is gone', () => {
    bench.poll();
    bench.submit({ data: filled(1) });
    bench.device.close();
    expect(bench.endpoint.links[0]?.isClosed).toBe(true);
    const before = bench.answers.length;
    bench.endpoint.links[0]?.host.send(filled(2));
    bench.clock.advance(100);
    expect(bench.answers).toHaveLength(before);
    expect(bench.clock.pending).toBe(0);
  });
});
