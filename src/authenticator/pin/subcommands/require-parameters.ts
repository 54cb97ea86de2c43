import { CtapError } from '../../../ctap/error.ts';
import type { ClientPinRequest } from '../../../ctap/messages/client-pin.ts';

type Given<K extends keyof ClientPinRequest> = { readonly [P in K]: NonNullable<ClientPinRequest[P]> };

/** The parameters that a subcommand cannot do without; MISSING_PARAMETER names the first that is absent. */
export function requireParameters<K extends keyof ClientPinRequest>(
  request: ClientPinRequest,
  names: readonly K[],
): Given<K> {
  const absent = names.find((name) => request[name] === undefined);
  if (absent !== undefined) throw new CtapError('MISSING_PARAMETER', `${absent} is missing`);
  return request as Given<K>;
}
