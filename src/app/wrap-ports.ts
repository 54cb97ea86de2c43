import type { Attester } from '../ports/attester.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { HidEndpoint } from '../ports/hid.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { MessageHandler } from '../ports/message-handler.ts';
import type { PortWrappers, WrappedKey } from '../ports/port-wrappers.ts';

interface Ports {
  readonly crypto: CryptoProvider;
  readonly keystore: Keystore;
  readonly attester: Attester;
  readonly handler: MessageHandler;
  readonly endpoint: HidEndpoint;
}

type Wrap = <N extends keyof Ports>(name: N, port: Ports[N]) => Ports[N];

/** Puts everything that was given around a port of this name, the first innermost. */
export function wrapPorts(given: PortWrappers | readonly PortWrappers[] | undefined, key: WrappedKey): Wrap {
  const layers = given === undefined ? [] : isList(given) ? given : [given];
  return (name, port) => {
    let wrapped = port;
    for (const layer of layers) {
      const around = layer[name] as ((inner: typeof port, key: WrappedKey) => typeof port) | undefined;
      if (around) wrapped = around.call(layer, wrapped, key);
    }
    return wrapped;
  };
}

function isList(given: PortWrappers | readonly PortWrappers[]): given is readonly PortWrappers[] {
  return Array.isArray(given);
}
