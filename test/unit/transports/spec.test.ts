import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/ports/errors.ts';
import { formatTransportSpec, parseTransportSpec } from '../../../src/transports/spec.ts';

describe('transport specs', () => {
  it.each([
    ['auto', { kind: 'auto' }, 'auto'],
    ['uhid', { kind: 'uhid' }, 'uhid'],
    ['tcp', { kind: 'tcp', host: '127.0.0.1', port: 8112 }, 'tcp:127.0.0.1:8112'],
    ['udp', { kind: 'udp', host: '127.0.0.1', port: 8111 }, 'udp:127.0.0.1:8111'],
    ['tcp:localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }, 'tcp:localhost:0'],
    ['tcp:0.0.0.0:65535', { kind: 'tcp', host: '0.0.0.0', port: 65535 }, 'tcp:0.0.0.0:65535'],
    ['udp:[::1]:8111', { kind: 'udp', host: '::1', port: 8111 }, 'udp:[::1]:8111'],
    ['unix:/tmp/a key:1', { kind: 'unix', path: '/tmp/a key:1' }, 'unix:/tmp/a key:1'],
    ['usbip', { kind: 'usbip', host: '127.0.0.1', port: 3240 }, 'usbip:127.0.0.1:3240'],
    ['usbip:[::1]:0/1-12', { kind: 'usbip', host: '::1', port: 0, device: 12 }, 'usbip:[::1]:0/1-12'],
    ['unix:key.sock', { kind: 'unix', path: 'key.sock' }, 'unix:key.sock'],
  ] as const)('%s is read, and said in one way only', (text, spec, canonical) => {
    expect(parseTransportSpec(text)).toEqual(spec);
    expect(formatTransportSpec(spec)).toBe(canonical);
    expect(parseTransportSpec(canonical)).toEqual(spec);
  });

  it.each([
    ['', 'is no transport'],
    ['usb', 'is no transport'],
    ['TCP:127.0.0.1:1', 'is no transport'],
    ['auto:', 'takes no address'],
    ['uhid:/dev/uhid', 'takes no address'],
    ['tcp:', 'names no address'],
    ['tcp:8112', 'names no address'],
    ['tcp::8112', 'names no address'],
    ['tcp:127.0.0.1', 'names no address'],
    ['tcp:127.0.0.1:', 'names no address'],
    ['tcp:127.0.0.1:65536', 'names no address'],
    ['tcp:127.0.0.1:-1', 'names no address'],
    ['tcp:127.0.0.1:0x10', 'names no address'],
    ['udp:::1:8111', 'names no address'],
    ['udp:[]:8111', 'names no address'],
    ['udp:[localhost]:8111', 'no IPv6 address'],
    ['usbip:3240', 'names no address'],
    ['usbip:127.0.0.1:3240/', 'no bus id'],
    ['usbip:127.0.0.1:3240/1-0', 'no bus id'],
    ['usbip:127.0.0.1:3240/2-1', 'no bus id'],
    ['unix:', 'names no socket'],
    ['unix', 'names no socket'],
    ['unix:a\0b', 'zero byte'],
    [`unix:/${'ä'.repeat(52)}`, 'too long'],
  ])('%j is refused with a sentence', (text, sentence) => {
    expect(() => parseTransportSpec(text)).toThrow(UsageError);
    expect(() => parseTransportSpec(text)).toThrow(sentence);
  });
});
