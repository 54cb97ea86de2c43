import { sameBytes } from '../../ctap/bytes.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WrappedKey } from '../../ports/port-wrappers.ts';
import type { Random } from '../../ports/random.ts';
import type { Bend, Bendables, Bending, EffectAt } from '../effect.ts';
import { describeRequest, type FaultRequest, type HidMessage } from '../request.ts';
import type { Match, Rule, RuleBook } from '../rule-book.ts';

export interface SessionOptions {
  readonly clock: Clock;
  readonly random: Random;
  onUnplug?(): void | Promise<void>;
  onReplug?(): void | Promise<void>;
  onDefect?(error: unknown): void;
}

/** What the wrappers of one key have in common: its rules, and the requests under way. */
export class FaultSession {
  readonly book: RuleBook;
  readonly options: SessionOptions;
  /** The request that the core works on; there is never more than one. */
  current: FaultRequest | undefined;
  readonly #key: WrappedKey;
  readonly #requests = new Map<number, FaultRequest>();
  readonly #lastAssertion = new Map<number, FaultRequest>();

  constructor(book: RuleBook, options: SessionOptions, key: WrappedKey) {
    this.book = book;
    this.options = options;
    this.#key = key;
  }

  /** A whole message came from a host. */
  open(message: HidMessage): FaultRequest {
    const request = describeRequest(message, this.#lastAssertion.get(message.channel));
    this.#requests.set(message.channel, request);
    if (request.command === 'getAssertion') this.#lastAssertion.set(message.channel, request);
    return request;
  }

  /** The request on a channel that has no answer yet. */
  find(channel: number): FaultRequest | undefined {
    return this.#requests.get(channel);
  }

  /** The request of a message that reached the core, whether or not it came over an endpoint that is wrapped too. */
  requestOf(message: HidMessage): FaultRequest {
    const known = this.#requests.get(message.channel);
    const same = known?.hidCommand === message.command && sameBytes(known.payload, message.payload);
    return same ? known : this.open(message);
  }

  close(channel: number): void {
    this.#requests.delete(channel);
  }

  /** A channel is gone for good. */
  forget(channel: number): void {
    this.#requests.delete(channel);
    this.#lastAssertion.delete(channel);
  }

  matching<A extends EffectAt>(at: A, request: FaultRequest): readonly Match<A>[] {
    return this.book.matching(at, request, this.#key.crypto);
  }

  commit(rule: Rule, request: FaultRequest): void {
    this.book.commit(rule, request);
  }

  bendingOf(rule: Rule, request: FaultRequest): Bending {
    const { clock, random } = this.options;
    return { request, parameters: rule.parameters, memory: rule.memory, key: this.#key, clock, random };
  }

  /** Lets every rule that concerns the request bend a value, one after the other. */
  bend<A extends keyof Bendables>(at: A, request: FaultRequest, original: Bendables[A]): Bendables[A] {
    let value = original;
    for (const { rule, effect } of this.matching(at, request)) {
      const { bend } = effect as { readonly bend: Bend<Bendables[A]> };
      const bent = bend(value, this.bendingOf(rule, request));
      if (bent === undefined) continue;
      value = bent;
      this.commit(rule, request);
    }
    return value;
  }

  /** Pulls the key out; puts it back after some milliseconds, if they are given, and then calls back. */
  unplug(replugAfter: number | undefined, onBack: () => void): void {
    const { options } = this;
    const fail = (error: unknown): void => options.onDefect?.(error);
    const replug = async (): Promise<void> => {
      await options.onReplug?.();
      onBack();
    };
    const pull = async (): Promise<void> => {
      await options.onUnplug?.();
      if (replugAfter !== undefined) options.clock.after(replugAfter, () => void replug().catch(fail));
    };
    void pull().catch(fail);
  }
}
