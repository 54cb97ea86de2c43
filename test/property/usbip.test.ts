import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsbipFramer } from '../../src/transports/usbip-framer.ts';
import { UsbFunction } from '../../src/transports/usbip-function.ts';
import { decodeOpRequest, opRequestSize } from '../../src/transports/usbip-op-codec.ts';
import { UsbipProtocolError } from '../../src/transports/usbip-protocol.ts';
import {
  decodeUrbRequest,
  encodeSubmit,
  encodeUnlink,
  maxTransferSize,
  urbRequestSize,
} from '../../src/transports/usbip-urb-codec.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createBench } from '../support/hid-bench.ts';
import { createRecordingEndpoint } from '../unit/transports/recording-endpoint.ts';

const deviceId = 0x10002;

/** Cuts bytes at the given places, in any order. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const request = fc.oneof(
  fc.record({ seqnum: fc.nat(), target: fc.nat() }).map((fields) => encodeUnlink({ deviceId, ...fields })),
  fc
    .record({
      seqnum: fc.nat(),
      length: fc.nat(4096),
      endpoint: fc.nat(15),
      setup: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    })
    .map((fields) => encodeSubmit({ deviceId, direction: 'in', ...fields })),
  fc
    .record({ seqnum: fc.nat(), endpoint: fc.nat(15), data: fc.uint8Array({ maxLength: 300 }) })
    .map((fields) => encodeSubmit({ deviceId, direction: 'out', ...fields })),
);

describe('the framing of USB/IP', () => {
  it('does not depend on how the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (requests, places) => {
          const framer = new UsbipFramer();
          const found = cut(Buffer.concat(requests), places).flatMap((piece) =>
            [...framer.push(piece, urbRequestSize)].map((message) => Buffer.from(message)),
          );
          expect(found).toEqual(requests.map((message) => Buffer.from(message)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(request, (bytes) => {
        const decoded = decodeUrbRequest(bytes);
        const again = decoded.kind === 'unlink' ? encodeUnlink(decoded) : encodeSubmit(decoded);
        expect(again).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});

type Step =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly byte: number }
  | { readonly kind: 'unlink'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'read' } as const),
  fc.record({ kind: fc.constant('write' as const), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('unlink' as const), which: fc.nat() }),
);

describe('transfers in any order', () => {
  it('are each answered once or unlinked once, and reports come in order and none is lost', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = createFakeClock();
        const answers: { command: number; seqnum: number; status: number; data: number | undefined }[] = [];
        const device = new UsbFunction({
          endpoint: createRecordingEndpoint(),
          clock,
          deviceId,
          send: (message) => {
            const view = new DataView(message.buffer, message.byteOffset);
            const [command, seqnum, status] = [view.getUint32(0), view.getUint32(4), view.getInt32(0x14)];
            answers.push({ command, seqnum, status, data: message[48] });
          },
        });
        const reads: number[] = [];
        const sent: number[] = [];
        const unlinks = new Map<number, number>();
        steps.forEach((action, index) => {
          const seqnum = index + 1;
          if (action.kind === 'read') {
            reads.push(seqnum);
            device.handle(
              decodeUrbRequest(encodeSubmit({ seqnum, deviceId, direction: 'in', endpoint: 1, length: 64 })),
            );
          } else if (action.kind === 'write') {
            sent.push(action.byte);
            const data = new Uint8Array(64).fill(action.byte);
            device.handle(
              decodeUrbRequest(encodeSubmit({ seqnum, deviceId, direction: 'out', endpoint: 1, data })),
            );
          } else {
            const target = reads[action.which % Math.max(1, reads.length)] ?? 0;
            unlinks.set(seqnum, target);
            device.handle(decodeUrbRequest(encodeUnlink({ seqnum, deviceId, target })));
          }
          clock.advance(2);
        });
        const numbers = answers.map(({ seqnum }) => seqnum);
        expect(new Set(numbers).size).toBe(numbers.length);
        const unlinked = new Set(
          answers.filter(({ status }) => status === -104).map(({ seqnum }) => unlinks.get(seqnum)),
        );
        const done = answers.filter(({ command, seqnum }) => command === 3 && reads.includes(seqnum));
        expect(done.every(({ seqnum }) => !unlinked.has(seqnum))).toBe(true);
        expect(done.map(({ data }) => data)).toEqual(sent.slice(0, done.length));
        const stillOpen = reads.filter(
          (seqnum) => !unlinked.has(seqnum) && !done.some((answer) => answer.seqnum === seqnum),
        );
        expect(stillOpen.length === 0 || done.length === sent.length).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a hostile client', () => {
  const wild = fc.oneof(
    { weight: 3, arbitrary: request },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    {
      weight: 3,
      // A good request with one field bent.
      arbitrary: fc
        .tuple(request, fc.nat(11), fc.integer({ min: 0, max: 0xffffffff }))
        .map(([bytes, field, value]) => {
          const bent = bytes.slice();
          new DataView(bent.buffer).setUint32(4 * field, value);
          return bent;
        }),
    },
  );

  it('meets a protocol error or an answer, never anything else, and no more than one message is kept', () => {
    fc.assert(
      fc.property(
        fc.array(wild, { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (parts, places) => {
          const bench = createBench();
          const device = new UsbFunction({
            endpoint: bench.engine,
            clock: bench.clock,
            deviceId,
            send: () => undefined,
          });
          const framer = new UsbipFramer();
          let longest = 0;
          try {
            for (const piece of cut(Buffer.concat(parts), places)) {
              for (const message of framer.push(piece, urbRequestSize)) {
                longest = Math.max(longest, message.length);
                device.handle(decodeUrbRequest(message));
              }
            }
          } catch (error) {
            expect(error).toBeInstanceOf(UsbipProtocolError);
          }
          expect(longest).toBeLessThanOrEqual(48 + maxTransferSize);
          device.close();
        },
      ),
      { numRuns: 400 },
    );
  });

  it('meets the same before it imported anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, valid) => {
        const stream = valid
          ? Uint8Array.from([0x01, 0x11, 0x80, bytes.length % 2 === 0 ? 3 : 5, ...bytes])
          : bytes;
        try {
          for (const message of new UsbipFramer().push(stream, opRequestSize)) {
            expect(['list', 'import']).toContain(decodeOpRequest(message).kind);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(UsbipProtocolError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
