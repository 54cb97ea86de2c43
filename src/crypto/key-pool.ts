import type { CoseAlgorithm } from '../cose/algorithm.ts';
import { algorithmSpec } from '../cose/algorithm-table.ts';
import type { CryptoProvider, KeyPair } from '../ports/crypto.ts';

/** A provider that keeps some key pairs ready. */
export interface KeyPool extends CryptoProvider {
  /** Starts filling the pool, one key after the other. Before that the pool does nothing at all. */
  warm(): void;
  /** Stops after the key in progress; the keys that are ready can still be taken. */
  stop(): void;
  /** How many keys of an algorithm are ready. */
  ready(alg: CoseAlgorithm): number;
}

export interface KeyPoolOptions {
  /** Keys to keep ready for each algorithm; 2 by default, for a registration and the retry after it. */
  readonly size?: number;
  /**
   * Makes keys for the pool. It should not keep the process alive: at exit nobody wants the key in progress. By default
   * it is the provider itself, whose RSA keys do hold the exit until they are done.
   */
  generate?(alg: CoseAlgorithm): KeyPair | Promise<KeyPair>;
}

/**
 * A provider whose keys of `algs` are generated ahead, so that nobody waits for an RSA key. A request that finds the
 * pool empty generates its own key at once. If `generate` fails, the provider takes its place; if that fails too the
 * pool rests until the next request, which then meets the error itself.
 */
export function withKeyPool(
  provider: CryptoProvider,
  algs: readonly CoseAlgorithm[],
  options: KeyPoolOptions = {},
): KeyPool {
  const size = options.size ?? 2;
  const shelves = new Map(algs.map((alg): [CoseAlgorithm, KeyPair[]] => [alg, []]));
  let isWarm = false;
  let isFilling = false;

  const generate = async (alg: CoseAlgorithm): Promise<KeyPair> => {
    if (options.generate === undefined) return provider.generateKeyPair(alg);
    try {
      return await options.generate(alg);
    } catch {
      return provider.generateKeyPair(alg);
    }
  };
  const fill = async (): Promise<void> => {
    if (isFilling) return;
    isFilling = true;
    try {
      for (let next = emptiest(shelves, size); isWarm && next; next = emptiest(shelves, size)) {
        const [alg, shelf] = next;
        shelf.push(await generate(alg));
      }
    } finally {
      isFilling = false;
    }
  };
  const refill = (): void => {
    if (isWarm) fill().catch(() => undefined);
  };

  return {
    ...provider,
    generateKeyPair: (alg) => {
      const pair = shelves.get(alg)?.shift();
      if (shelves.has(alg)) refill();
      return pair ?? provider.generateKeyPair(alg);
    },
    warm: () => {
      isWarm = true;
      refill();
    },
    stop: () => {
      isWarm = false;
    },
    ready: (alg) => shelves.get(alg)?.length ?? 0,
  };
}

function emptiest(
  shelves: ReadonlyMap<CoseAlgorithm, KeyPair[]>,
  size: number,
): [CoseAlgorithm, KeyPair[]] | undefined {
  return [...shelves]
    .filter(([, shelf]) => shelf.length < size)
    .sort(([, a], [, b]) => a.length - b.length)[0];
}

/** The RSA algorithms among `algs`: the only ones whose keys take long enough to be made ahead. */
export function slowAlgorithms(algs: readonly CoseAlgorithm[]): readonly CoseAlgorithm[] {
  return algs.filter((alg) => algorithmSpec(alg).kty === 'RSA');
}
