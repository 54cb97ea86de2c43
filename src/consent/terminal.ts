import pc from 'picocolors';
import type { Clock } from '../ports/clock.ts';
import type { ConsentAnswer, ConsentQuestion, ConsentSource } from '../ports/consent.ts';
import { chooseForm } from './forms.ts';
import type { Form, VerifyPin } from './forms.ts';
import { QueuedConsent } from './queue.ts';
import { KeyReader } from './terminal-input.ts';
import type { TerminalInput } from './terminal-input.ts';
import type { KeyPress } from './text/keys.ts';
import { printable } from './text/printable.ts';
import { padEnd, truncateEnd, truncateStart } from './text/width.ts';
import { wordAnswer, wordQuestion } from './wording.ts';

/** Where questions appear. */
export interface KeyScreen {
  /** Prints a line above the status line. */
  line(text: string): void;
  /** Replaces the status line, or removes it. Without effect on what is not a terminal. */
  status(text: string | undefined): void;
  /** Whether the status line can change in place. */
  readonly live: boolean;
  readonly colour: boolean;
  readonly columns: number;
}

export interface TerminalConsentOptions {
  readonly input: TerminalInput;
  readonly screen: KeyScreen;
  readonly clock: Clock;
  /** Without it, built-in verification by PIN asks only whether the PIN would have been right. */
  readonly verifyPin?: VerifyPin;
}

/**
 * Keys pressed before the question was on the screen were not meant for it: an impatient second Enter must not allow
 * the next question. The terminal hands over what it had buffered within this time, in milliseconds.
 */
const settleMs = 50;

/** A signal can change during an `await`; the compiler does not expect that of a property. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** One question on the screen, from its first line to its answer. */
class Dialogue {
  readonly #question: ConsentQuestion;
  readonly #options: TerminalConsentOptions;
  readonly #reader: KeyReader;
  readonly #form: Form;
  readonly #deadline: number;
  readonly #colours: ReturnType<typeof pc.createColors>;
  #typed = '';
  #open = false;
  #cancelTick: () => void = () => undefined;
  /** Ends the dialogue; only the first call counts. */
  #end: (answer: ConsentAnswer | Promise<ConsentAnswer>) => void = () => undefined;

  constructor(question: ConsentQuestion, options: TerminalConsentOptions, reader: KeyReader) {
    this.#question = question;
    this.#options = options;
    this.#reader = reader;
    this.#form = chooseForm(question, options.verifyPin);
    this.#deadline = options.clock.monotonic() + question.timeoutMs;
    this.#colours = pc.createColors(options.screen.colour);
  }

  async run(signal: AbortSignal): Promise<ConsentAnswer> {
    if (signal.aborted) return { outcome: 'cancelled' };
    const { clock, screen } = this.#options;
    const onAbort = () => this.#end({ outcome: 'cancelled' });
    signal.addEventListener('abort', onAbort, { once: true });
    const cancelDeadline = clock.after(this.#question.timeoutMs, () => this.#end({ outcome: 'timeout' }));
    try {
      const given = await new Promise<ConsentAnswer>((resolve) => {
        this.#end = resolve;
        this.#begin();
      });
      const answer: ConsentAnswer = isAborted(signal) ? { outcome: 'cancelled' } : given;
      this.#close();
      screen.line(this.#outcomeLine(answer));
      return answer;
    } finally {
      this.#close();
      cancelDeadline();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #begin(): void {
    if (!this.#reader.interactive) this.#show();
    else this.#cancelTick = this.#options.clock.after(settleMs, () => this.#show());
    this.#reader.start({ press: (press) => this.#press(press), end: () => this.#nobody() });
  }

  #close(): void {
    this.#open = false;
    this.#cancelTick();
    this.#reader.stop();
    this.#options.screen.status(undefined);
  }

  #show(): void {
    this.#open = true;
    const { screen } = this.#options;
    const { title, facts, choices } = wordQuestion(this.#question);
    const labelWidth = Math.max(...facts.map(([label]) => label.length));
    screen.line('');
    screen.line(`${this.#colours.cyan('?')} ${this.#colours.bold(this.#clip(title, 2))}`);
    for (const [label, value] of facts)
      screen.line(`  ${this.#colours.dim(padEnd(label, labelWidth))}  ${this.#clip(value, labelWidth + 4)}`);
    choices.forEach((choice, index) => {
      const number = String(index + 1).padStart(String(choices.length).length);
      screen.line(`  ${this.#colours.cyan(number)}  ${this.#clip(choice, number.length + 4)}`);
    });
    if (screen.live) this.#tick();
    else screen.line(this.#prompt());
  }

  /** A site that is too long for the line loses its beginning: its end says whose it is. */
  #clip(text: string, used: number): string {
    const width = Math.max(10, this.#options.screen.columns - used);
    const site = this.#question.site === undefined ? '' : printable(this.#question.site);
    if (site.length > width / 2 && text.includes(site)) {
      const rest = text.length - site.length;
      return truncateEnd(
        text.replace(site, () => truncateStart(site, Math.max(10, width - rest))),
        width,
      );
    }
    return truncateEnd(text, width);
  }

  #tick(): void {
    this.#options.screen.status(this.#prompt());
    const left = this.#deadline - this.#options.clock.monotonic();
    const untilNext = left % 1000 || 1000;
    this.#cancelTick = this.#options.clock.after(untilNext, () => this.#tick());
  }

  #prompt(): string {
    const { keys, secretLabel } = this.#form;
    const effects = keys.map(([key, effect]) => `${this.#colours.bold(`[${key}]`)} ${effect}`).join('  ');
    const left = Math.max(0, Math.ceil((this.#deadline - this.#options.clock.monotonic()) / 1000));
    const time = this.#colours.dim(`${String(left)} s left`);
    const typed = secretLabel === undefined ? this.#typed : secretLabel + '•'.repeat(this.#typed.length);
    return `  ${[effects, time, typed].filter((part) => part !== '').join('   ')}`;
  }

  #press(press: KeyPress): void {
    if (!this.#open) return;
    switch (press.type) {
      case 'interrupt':
      case 'end':
        this.#end({ outcome: 'declined' });
        return;
      case 'enter':
        this.#submit();
        return;
      case 'backspace':
        this.#typed = Array.from(this.#typed).slice(0, -1).join('');
        break;
      case 'clear':
        this.#typed = '';
        break;
      case 'character':
        if (this.#character(press.character)) return;
    }
    if (this.#options.screen.live) this.#options.screen.status(this.#prompt());
  }

  /** Whether the character was an answer by itself. */
  #character(character: string): boolean {
    const answer = this.#reader.interactive ? this.#form.key?.(character) : undefined;
    if (answer) this.#end(answer);
    else this.#typed += character;
    return answer !== undefined;
  }

  #submit(): void {
    const answer = this.#form.line(this.#typed);
    this.#typed = '';
    if (!answer) return;
    // What comes while a PIN is checked is for the next question.
    this.#reader.stop();
    this.#end(answer);
  }

  #nobody(): void {
    this.#reader.stop();
    this.#options.screen.line('  The input is closed: nobody can answer.');
  }

  #outcomeLine(answer: ConsentAnswer): string {
    const text = this.#clip(wordAnswer(this.#question, answer), 4);
    return answer.outcome === 'approved'
      ? `  ${this.#colours.green('✓')} ${text}`
      : `  ${this.#colours.yellow('✗')} ${text}`;
  }
}

/**
 * A user at a terminal: Enter allows, `n` denies, Ctrl-C denies. Questions queue. Without a terminal, each line of the
 * input is an answer.
 */
export function createTerminalConsent(options: TerminalConsentOptions): ConsentSource {
  const reader = new KeyReader(options.input);
  const source: ConsentSource = {
    ask: (question, signal) => new Dialogue(question, options, reader).run(signal),
    wink: (key) => options.screen.line(`  ${printable(key)} winks at you: a program asked it to.`),
  };
  return new QueuedConsent(source, options.clock);
}
