import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHttpRequest, ReportSplitter } from '../../../src/transports/stream-codec.ts';

describe('a byte stream', () => {
  it('is cut into the same reports, whatever pieces it comes in', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 }), (pieces) => {
        const splitter = new ReportSplitter();
        const reports = pieces.flatMap((piece) => splitter.push(piece));
        const whole = Buffer.concat(pieces);
        expect(reports).toHaveLength(Math.floor(whole.length / 64));
        for (const [index, report] of reports.entries()) {
          expect([...report]).toEqual([...whole.subarray(index * 64, index * 64 + 64)]);
        }
      }),
    );
  });

  it('gives reports that stay as they are when more comes', () => {
    const splitter = new ReportSplitter();
    const [first] = splitter.push(new Uint8Array(64).fill(1));
    splitter.push(new Uint8Array(64).fill(2));
    expect(first).toEqual(new Uint8Array(64).fill(1));
  });
});

describe('an HTTP request', () => {
  const report = (text: string): Uint8Array => {
    const bytes = new Uint8Array(64);
    bytes.set(Buffer.from(text, 'latin1'));
    return bytes;
  };

  it.each(['GET / HTTP/1.1', 'POST /x HTTP/1.1', 'OPTIONS * HTTP/1.1', 'CONNECT a:1', 'PRI * HTTP/2.0'])(
    'is seen in %s',
    (text) => expect(isHttpRequest(report(text))).toBe(true),
  );

  it.each(['POST', 'get / HTTP', '\xff\xff\xff\xff\x86\0\x08GET /'])('is not seen in %j', (text) =>
    expect(isHttpRequest(report(text))).toBe(false),
  );
});
