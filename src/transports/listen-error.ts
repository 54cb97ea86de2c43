import { TransportError } from '../ports/transport.ts';

/** The code of a system error, e.g. `EADDRINUSE`. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Why a socket could not be bound to `spec`, for the person who chose it. */
export function toListenError(error: unknown, spec: string): TransportError {
  const options = { cause: error };
  const code = systemErrorCode(error);
  switch (code) {
    case 'EADDRINUSE':
      return new TransportError(
        'in-use',
        `Another program already listens at ${spec}; it may be another key.`,
        'End that program, or choose another address; port 0 takes any that is free.',
        options,
      );
    case 'EACCES':
    case 'EPERM':
      return new TransportError(
        'permission',
        `The system does not let this user listen at ${spec}.`,
        'Choose a port above 1023, or a socket in a directory of your own.',
        options,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return new TransportError(
        'unavailable',
        `The address of ${spec} does not belong to this machine.`,
        'Choose 127.0.0.1, or another address that this machine has.',
        options,
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return new TransportError(
        'unavailable',
        `The directory of ${spec} does not exist.`,
        'Create it, or choose another path.',
        options,
      );
    default:
      return new TransportError(
        'io',
        `Listening at ${spec} failed (${code ?? String(error)}).`,
        'Choose another address.',
        options,
      );
  }
}

/** A warning if hosts elsewhere can reach what is bound to `address`, an IP address. */
export function exposureWarning(address: string): { readonly warning?: string } {
  const isLoopback = address === '::1' || /^(?:::ffff:)?127\./i.test(address);
  if (isLoopback) return {};
  return {
    warning: `Anyone who can reach ${address} can use this key: reports are neither encrypted nor authenticated.`,
  };
}
