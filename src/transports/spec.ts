import { isIPv6 } from 'node:net';
import { UsageError } from '../ports/errors.ts';

/** Where a stream key listens when nothing else is asked for; also what `auto` falls back to. */
export const defaultStreamAddress = { host: '127.0.0.1', port: 8112 } as const;

/** The address that the simulators of this field use for datagrams. */
export const defaultDatagramAddress = { host: '127.0.0.1', port: 8111 } as const;

/** A way to attach a key, as a user names it. Port 0 is any free port. */
export type TransportSpec =
  | { readonly kind: 'auto' }
  | { readonly kind: 'uhid' }
  | { readonly kind: 'tcp' | 'udp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const forms = 'auto, uhid, tcp:HOST:PORT, unix:PATH or udp:HOST:PORT';

// A socket address of Linux holds 108 bytes with the closing zero (of macOS 104).
const longestPath = 103;

/**
 * Reads `auto`, `uhid`, `tcp[:HOST:PORT]`, `unix:PATH` or `udp[:HOST:PORT]`; an IPv6 HOST stands in brackets. Throws
 * UsageError with a sentence that says what is wrong.
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
