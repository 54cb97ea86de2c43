import { sameBytes, utf8Bytes } from '../ctap/bytes.ts';
import type { Clock } from '../ports/clock.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { EffectAt, EffectOf, FaultDefinition } from './effect.ts';
import type { ActiveFault, AppliedFault, FaultParameters, FaultScope } from './fault.ts';
import type { FaultRequest } from './request.ts';

/** A rule in force, or one that was spent on the request that still runs. */
export interface Rule {
  readonly id: string;
  readonly definition: FaultDefinition;
  readonly parameters: FaultParameters;
  readonly scope: FaultScope;
  readonly memory: Map<string, number>;
  applied: number;
  /** Taken away by its owner: it ends at once, in the middle of a request too. */
  removed: boolean;
}

export interface Match<A extends EffectAt> {
  readonly rule: Rule;
  readonly effect: EffectOf<A>;
}

export type AppliedListener = (applied: AppliedFault) => void;

/** The rules of one key, in the order in which they were made. */
export class RuleBook {
  readonly #clock: Clock;
  readonly #rules = new Map<string, Rule>();
  readonly #listeners = new Set<AppliedListener>();
  readonly #removalListeners = new Set<() => void>();
  #made = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(definition: FaultDefinition, parameters: FaultParameters, scope: FaultScope): string {
    const id = `fault-${++this.#made}`;
    this.#rules.set(id, {
      id,
      definition,
      parameters,
      scope,
      memory: new Map(),
      applied: 0,
      removed: false,
    });
    return id;
  }

  list(): readonly ActiveFault[] {
    return [...this.#rules.values()].map(({ id, definition, parameters, scope, applied }) => ({
      id,
      fault: definition.description.name,
      parameters,
      scope: scope.next === undefined ? scope : { ...scope, next: scope.next - applied },
      applied,
    }));
  }

  remove(id: string): boolean {
    const rule = this.#rules.get(id);
    if (!rule) return false;
    rule.removed = true;
    this.#rules.delete(id);
    for (const listener of [...this.#removalListeners]) listener();
    return true;
  }

  clear(): void {
    for (const id of [...this.#rules.keys()]) this.remove(id);
  }

  onApplied(listener: AppliedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onRemoved(listener: () => void): () => void {
    this.#removalListeners.add(listener);
    return () => void this.#removalListeners.delete(listener);
  }

  /** Whether a rule in force has an effect of this kind, whatever it concerns. */
  has(at: EffectAt): boolean {
    return [...this.#rules.values()].some(({ definition }) => definition.effects.some((e) => e.at === at));
  }

  /** The effects of this kind that a request meets. */
  matching<A extends EffectAt>(
    at: A,
    request: FaultRequest,
    crypto: Pick<CryptoProvider, 'sha256'>,
  ): readonly Match<A>[] {
    const held = [...request.applied].filter((rule) => !rule.removed && !this.#rules.has(rule.id));
    const live = [...this.#rules.values()].filter(
      (rule) => request.applied.has(rule) || concerns(rule, request, crypto),
    );
    return [...held, ...live].flatMap((rule) =>
      rule.definition.effects
        .filter((effect): effect is EffectOf<A> => effect.at === at)
        .map((effect) => ({ rule, effect })),
    );
  }

  /** Says that a rule spoiled a request. The second time for the same request changes nothing. */
  commit(rule: Rule, request: FaultRequest): void {
    if (request.applied.has(rule)) return;
    request.applied.add(rule);
    rule.applied++;
    const { next } = rule.scope;
    if (next !== undefined && rule.applied >= next) this.#rules.delete(rule.id);
    const applied: AppliedFault = {
      id: rule.id,
      fault: rule.definition.description.name,
      command: request.command,
      ...(request.rpId !== undefined && { rpId: request.rpId }),
      time: this.#clock.wall(),
      ...(next !== undefined && { remaining: next - rule.applied }),
    };
    for (const listener of [...this.#listeners]) listener(applied);
  }
}

function concerns(
  { definition, scope }: Rule,
  request: FaultRequest,
  crypto: Pick<CryptoProvider, 'sha256'>,
): boolean {
  const { command } = request;
  const named =
    scope.command === undefined
      ? definition.description.commands.includes(command)
      : scope.command === 'any' || scope.command === command;
  return named && (scope.rpId === undefined || isFor(scope.rpId, request, crypto));
}

function isFor(rpId: string, request: FaultRequest, crypto: Pick<CryptoProvider, 'sha256'>): boolean {
  if (request.rpId !== undefined) return request.rpId === rpId;
  return request.rpIdHash !== undefined && sameBytes(request.rpIdHash, crypto.sha256(utf8Bytes(rpId)));
}
