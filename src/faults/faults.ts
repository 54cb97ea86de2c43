import type { Clock } from '../ports/clock.ts';
import { UsageError } from '../ports/errors.ts';
import type { PortWrappers } from '../ports/port-wrappers.ts';
import type { Random } from '../ports/random.ts';
import { wrapAll } from './around/wrap-all.ts';
import { faultDefinitions } from './catalogue/definitions.ts';
import type { ActiveFault, AppliedFault, FaultDescription, FaultRule } from './fault.ts';
import { parseRule } from './parse-rule.ts';
import { RuleBook } from './rule-book.ts';

export interface FaultsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Pulls the key out of all its hosts. Without it, rules for faults of the plug are refused. */
  onUnplug?(): void | Promise<void>;
  /** Puts it back. */
  onReplug?(): void | Promise<void>;
  /** One of the two failed. */
  onDefect?(error: unknown): void;
}

/** The faults of one key. */
export interface Faults {
  readonly catalogue: readonly FaultDescription[];
  /**
   * Puts a rule in force and returns its id. It concerns requests that start later. Throws UsageError, with nothing
   * changed, for a rule that is not well-formed.
   */
  add(rule: FaultRule): string;
  /** In the order in which they were added. A rule that is spent is not listed any more. */
  list(): readonly ActiveFault[];
  /** Ends a rule at once, in the middle of a request too. False if there is none with this id. */
  remove(id: string): boolean;
  clear(): void;
  /** Tells each request that was spoiled. Returns a function that ends it. */
  onApplied(listener: (applied: AppliedFault) => void): () => void;
  /** To be given to the one key that these are the faults of. */
  readonly wrap: PortWrappers;
}

/** Every fault that a key can be made to commit. */
export const faultCatalogue: readonly FaultDescription[] = faultDefinitions.map(
  ({ description }) => description,
);

export function createFaults(options: FaultsOptions): Faults {
  const book = new RuleBook(options.clock);
  return {
    catalogue: faultCatalogue,
    add(rule) {
      const { definition, parameters, scope } = parseRule(faultDefinitions, rule);
      if (definition.description.level === 'usb' && (!options.onUnplug || !options.onReplug)) {
        throw new UsageError(
          `this key cannot be pulled out, so that ${definition.description.name} means nothing`,
        );
      }
      return book.add(definition, parameters, scope);
    },
    list: () => book.list(),
    remove: (id) => book.remove(id),
    clear: () => book.clear(),
    onApplied: (listener) => book.onApplied(listener),
    wrap: wrapAll(book, options),
  };
}
