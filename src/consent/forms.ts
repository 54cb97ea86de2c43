import type { ConsentAnswer, ConsentQuestion } from '../ports/consent.ts';

/** Checks the PIN of the key; the count of tries is the authenticator's business. */
export type VerifyPin = (pin: string) => Promise<boolean>;

/** How a question is answered with keys. `undefined` means that this was no answer. */
export interface Form {
  /** What the keys do, for the prompt. */
  readonly keys: readonly (readonly [key: string, effect: string])[];
  /** Typed text is shown as dots, after this label. Without it, typed text is shown only when it may be long. */
  readonly secretLabel?: string;
  /** A single key that answers at once; only on terminals. */
  key?(character: string): ConsentAnswer | undefined;
  /** A line ended by Enter. */
  line(text: string): ConsentAnswer | undefined | Promise<ConsentAnswer>;
}

const declined: ConsentAnswer = { outcome: 'declined' };

/** A form in which Enter says yes, and some letters say something else. */
function lettersForm(
  yes: ConsentAnswer,
  effect: string,
  other: Readonly<Record<string, [string, ConsentAnswer]>>,
) {
  const letters = new Map<string, ConsentAnswer>([
    ['', yes],
    ['y', yes],
  ]);
  for (const [letter, [, answer]] of Object.entries(other)) letters.set(letter, answer);
  const lookUp = (text: string) => letters.get(text.trim().toLowerCase().slice(0, 1));
  return {
    keys: [['Enter', effect], ...Object.entries(other).map(([key, [name]]) => [key, name] as const)],
    key: (character: string) => (character.trim() === '' ? undefined : lookUp(character)),
    line: lookUp,
  } satisfies Form;
}

function choiceForm(count: number): Form {
  const choose = (text: string): ConsentAnswer | undefined => {
    const wanted = text.trim() === '' ? 1 : Number(text);
    if (!/^\s*\d*\s*$/.test(text)) return /^\s*n/i.test(text) ? declined : undefined;
    return wanted >= 1 && wanted <= count ? { outcome: 'approved', account: wanted - 1 } : undefined;
  };
  return {
    keys: [
      [count > 1 ? `1-${String(count)}` : '1', count > 9 ? 'choose, then Enter' : 'choose'],
      ['Enter', 'the first'],
      ['n', 'deny'],
    ],
    key: (character) =>
      /n/i.test(character) || (count <= 9 && /\d/.test(character)) ? choose(character) : undefined,
    line: choose,
  };
}

function pinForm(question: ConsentQuestion, verifyPin: VerifyPin): Form {
  const left = question.verification?.retriesLeft ?? 0;
  return {
    keys: [
      ['Enter', 'confirm'],
      ['Ctrl-C', 'deny'],
    ],
    secretLabel: `PIN (${String(left)} ${left === 1 ? 'try' : 'tries'} left): `,
    line: (pin) =>
      pin === ''
        ? undefined
        : verifyPin(pin).then((right): ConsentAnswer => ({ outcome: right ? 'approved' : 'failed' })),
  };
}

/** The form that fits a question. */
export function chooseForm(question: ConsentQuestion, verifyPin: VerifyPin | undefined): Form {
  if (question.kind === 'choice') return choiceForm(question.accounts.length);
  if (question.purpose === 'enroll-fingerprint')
    return lettersForm({ outcome: 'approved', sample: 'good' }, 'good touch', {
      p: ['poor touch', { outcome: 'approved', sample: 'poor-quality' }],
      n: ['deny', declined],
    });
  if (question.kind === 'verification') {
    const pin = question.verification?.modality === 'pin';
    if (pin && verifyPin) return pinForm(question, verifyPin);
    return lettersForm({ outcome: 'approved' }, pin ? 'right PIN' : 'right finger', {
      w: [pin ? 'wrong PIN' : 'wrong finger', { outcome: 'failed' }],
      n: ['deny', declined],
    });
  }
  return lettersForm({ outcome: 'approved' }, question.longTouch ? 'allow (a long touch)' : 'allow', {
    n: ['deny', declined],
  });
}
