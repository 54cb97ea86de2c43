import { isIPv6 } from 'node:net';
import { UsageError } from '../ports/errors.ts';

/** Where a stream key listens when nothing else is asked for; also what `auto` falls back to. */
export const defaultStreamAddress = { host: '127.0.0.1', port: 8112 } as const;

/** The address that the simulators of this field use for datagrams. */
export const defaultDatagramAddress = { host: '127.0.0.1', port: 8111 } as const;

/** Where USB/IP is served when nothing else is asked for: its registered port. */
export const defaultUsbipAddress = { host: '127.0.0.1', port: 3240 } as const;

/** A USB/IP server, and the N of the bus id `1-N` that the key shall have; absent: one that is free. */
export interface UsbipSpec {
  readonly kind: 'usbip';
  readonly host: string;
  readonly port: number;
  readonly device?: number;
}

/** A way to attach a key, as a user names it. Port 0 is any free port. */
export type TransportSpec =
  | { readonly kind: 'auto' }
  | { readonly kind: 'uhid' }
  | { readonly kind: 'tcp' | 'udp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | UsbipSpec;

const forms = 'auto, uhid, usbip:HOST:PORT, tcp:HOST:PORT, unix:PATH or udp:HOST:PORT';

// A socket address of Linux holds 108 bytes with the closing zero (of macOS 104).
const longestPath = 103;

/**
 * Reads `auto`, `uhid`, `tcp[:HOST:PORT]`, `unix:PATH`, `udp[:HOST:PORT]` or `usbip[:HOST:PORT[/BUSID]]`; an IPv6 HOST
 * stands in brackets. Throws UsageError with a sentence that says what is wrong.
 */
export function parseTransportSpec(text: string): TransportSpec {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? undefined : text.slice(colon + 1);
  switch (kind) {
    case 'auto':
    case 'uhid':
      if (rest !== undefined) throw new UsageError(`The transport "${kind}" takes no address.`);
      return { kind };
    case 'tcp':
      return { kind, ...(rest === undefined ? defaultStreamAddress : parseAddress(text, rest)) };
    case 'udp':
      return { kind, ...(rest === undefined ? defaultDatagramAddress : parseAddress(text, rest)) };
    case 'unix':
      return { kind, path: parsePath(text, rest) };
    case 'usbip':
      return { kind, ...(rest === undefined ? defaultUsbipAddress : parseUsbip(text, rest)) };
    default:
      throw new UsageError(`"${text}" is no transport. Say ${forms}.`);
  }
}

/** The canonical text of a spec: what `parseTransportSpec` reads back to the same. */
export function formatTransportSpec(spec: TransportSpec): string {
  switch (spec.kind) {
    case 'auto':
    case 'uhid':
      return spec.kind;
    case 'tcp':
    case 'udp':
      return `${spec.kind}:${formatAddress(spec.host, spec.port)}`;
    case 'unix':
      return `unix:${spec.path}`;
    case 'usbip': {
      const busId = spec.device === undefined ? '' : `/1-${spec.device}`;
      return `usbip:${formatAddress(spec.host, spec.port)}${busId}`;
    }
  }
}

/** `HOST:PORT`, with an IPv6 host in brackets. */
export function formatAddress(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function parseAddress(text: string, address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const [, bracketed, plain, digits] = match ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (!host || port > 65_535) {
    throw new UsageError(`"${text}" names no address. Say HOST:PORT, such as 127.0.0.1:8112 or [::1]:8112.`);
  }
  if (bracketed !== undefined && !isIPv6(bracketed)) {
    throw new UsageError(`"${bracketed}" in "${text}" is no IPv6 address; only those stand in brackets.`);
  }
  return { host, port };
}

function parseUsbip(text: string, rest: string): Omit<UsbipSpec, 'kind'> {
  const [address = '', busId] = rest.split('/', 2);
  const where = parseAddress(text, address);
  if (busId === undefined) return where;
  const device = Number(/^1-([1-9]\d{0,3})$/.exec(busId)?.[1]);
  if (Number.isNaN(device))
    throw new UsageError(`"${busId}" in "${text}" is no bus id of a key. Say 1-1 to 1-9999.`);
  return { ...where, device };
}

function parsePath(text: string, path: string | undefined): string {
  if (!path) throw new UsageError(`"${text}" names no socket. Say unix:PATH.`);
  if (path.includes('\0')) throw new UsageError('The path of a socket holds no zero byte.');
  if (new TextEncoder().encode(path).length > longestPath) {
    throw new UsageError(
      `The path in "${text}" is too long for a socket; ${longestPath} bytes are the most.`,
    );
  }
  return path;
}
