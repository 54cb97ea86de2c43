import { describe, expect, it } from 'vitest';
import {
  decodeUhidEvent,
  encodeUhidCreate,
  encodeUhidDestroy,
  encodeUhidGetReportReply,
  encodeUhidInput,
  encodeUhidSetReportReply,
  fidoReportDescriptor,
} from '../../../src/transports/uhid-codec.ts';
import { benchIdentity } from '../../support/hid-bench.ts';
import { uhidEvent, vectorReport } from './uhid-vectors.ts';

const text = (event: Uint8Array, start: number, end: number): string => {
  const field = Buffer.from(event.subarray(start, end));
  expect(field.at(-1)).toBe(0);
  return field.subarray(0, field.indexOf(0)).toString('utf8');
};

describe('events for the kernel', () => {
  it.each([
    ['create2', encodeUhidCreate(benchIdentity)],
    ['destroy', encodeUhidDestroy()],
    ['input2', encodeUhidInput(vectorReport)],
    ['getReportReply', encodeUhidGetReportReply(0x01020304)],
    ['setReportReplyRefused', encodeUhidSetReportReply(0x01020304, false)],
    ['setReportReplyAccepted', encodeUhidSetReportReply(0x01020304, true)],
  ] as const)('%s is what the kernel header says', (name, event) => {
    expect(Buffer.from(event).equals(uhidEvent(name))).toBe(true);
  });

  it('carry the FIDO report descriptor in the shape that clients expect', () => {
    expect(Buffer.from(fidoReportDescriptor).toString('hex')).toBe(
      '06d0f10901a1010920150026ff007508954081020921150026ff00750895409102c0',
    );
  });

  it('cut long texts between characters and keep a zero at the end', () => {
    const event = encodeUhidCreate({
      ...benchIdentity,
      manufacturer: 'M',
      product: 'ä'.repeat(100),
      serial: '€'.repeat(40),
    });
    expect(text(event, 4, 132)).toBe(`M ${'ä'.repeat(62)}`);
    expect(text(event, 196, 260)).toBe('€'.repeat(21));
  });

  it('end texts at no zero of their own', () => {
    const event = encodeUhidCreate({ ...benchIdentity, manufacturer: '', product: 'a\0b' });
    expect(text(event, 4, 132)).toBe('ab');
  });
});

describe('events of the kernel', () => {
  it.each([
    ['start', { type: 'start' }],
    ['stop', { type: 'stop' }],
    ['open', { type: 'open' }],
    ['close', { type: 'close' }],
    ['output', { type: 'output', report: vectorReport }],
    ['outputWithoutNumber', { type: 'output', report: vectorReport }],
    ['outputShort', { type: 'output' }],
    ['getReport', { type: 'get-report', id: 0x01020304 }],
    ['setReportOutput', { type: 'set-report', id: 0x01020304, report: vectorReport }],
    ['setReportFeature', { type: 'set-report', id: 0x01020304 }],
  ] as const)('%s is read', (name, event) => {
    expect(decodeUhidEvent(uhidEvent(name))).toEqual(event);
  });

  it('of unknown types, short, empty or long are no mistake', () => {
    expect(decodeUhidEvent(Uint8Array.of(99, 0, 0, 0))).toEqual({ type: 'other' });
    expect(decodeUhidEvent(new Uint8Array())).toEqual({ type: 'other' });
    expect(decodeUhidEvent(new Uint8Array(5000).fill(6, 0, 1))).toEqual({ type: 'output' });
    expect(decodeUhidEvent(Uint8Array.of(9, 0, 0, 0, 7))).toEqual({ type: 'get-report', id: 7 });
  });

  it('with another report number than 0 give no report', () => {
    const event = uhidEvent('output');
    event[4] = 1;
    expect(decodeUhidEvent(event)).toEqual({ type: 'output' });
  });

  it('with a size beyond their data give no report', () => {
    const event = uhidEvent('output');
    event.fill(0xff, 4100, 4102);
    expect(decodeUhidEvent(event)).toEqual({ type: 'output' });
  });
});
