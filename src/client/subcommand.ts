import { encodeCbor } from '../cbor/encode.ts';
import type { CborMap } from '../cbor/value.ts';
import { concatBytes } from '../ctap/bytes.ts';
import type { PinUvAuthToken } from './pin-protocol.ts';

/** The two members by which a subcommand proves its permission; both undefined without a token. */
export interface SubcommandAuth {
  readonly pinUvAuthProtocol: number | undefined;
  readonly pinUvAuthParam: Uint8Array | undefined;
}

/**
 * pinUvAuthParam covers a prefix of the command and the encoded parameters; absent parameters count as no bytes
 * (CTAP 2.3 §6.5.8).
 */
export function authenticateSubcommand(
  token: PinUvAuthToken | undefined,
  prefix: Uint8Array,
  parameters: CborMap | undefined,
): SubcommandAuth {
  const encoded = parameters === undefined ? new Uint8Array() : encodeCbor(parameters);
  return {
    pinUvAuthProtocol: token?.version,
    pinUvAuthParam: token?.authenticate(concatBytes(prefix, encoded)),
  };
}
