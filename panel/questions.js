import { form, h, replace } from './dom.js';

const titles = {
  register: 'Register this key with',
  'sign-in': 'Sign in to',
  'already-registered': 'Tell that this key is registered already with',
  select: 'Use this key?',
  reset: 'Reset this key to factory settings?',
  'pin-token': 'Allow changes on this key for',
  'enroll-fingerprint': 'Enroll a fingerprint',
  'choose-account': 'Which account for',
};

const samples = [
  'good',
  'too-fast',
  'too-slow',
  'too-high',
  'too-low',
  'too-left',
  'too-right',
  'poor-quality',
  'exists',
];

/** The questions of all keys that wait for an answer, large and on top of every view. */
export class Questions {
  #panel;
  #place;
  /** By the id of the question: key and question. */
  #waiting = new Map();
  #timer;

  constructor(panel, place) {
    this.#panel = panel;
    this.#place = place;
  }

  async refresh() {
    this.#waiting.clear();
    await Promise.all(
      this.#panel.keys.map(async ({ id }) => {
        const questions = await this.#panel.run(() =>
          this.#panel.api.get(`/keys/${encodeURIComponent(id)}/questions`),
        );
        for (const question of questions ?? []) this.#waiting.set(question.id, { key: id, question });
      }),
    );
    this.#show();
  }

  take({ key, question, type }) {
    if (type === 'question') this.#waiting.set(question.id, { key, question });
    else if (type === 'answer') this.#waiting.delete(question.id);
    else return;
    this.#show();
  }

  #show() {
    replace(
      this.#place,
      [...this.#waiting.values()].map((waiting) => this.#card(waiting)),
    );
    this.#place.querySelector('[autofocus]')?.focus();
    clearInterval(this.#timer);
    if (this.#waiting.size === 0) return;
    this.#timer = setInterval(() => this.#countDown(), 250);
    this.#countDown();
  }

  #countDown() {
    for (const counter of this.#place.querySelectorAll('[data-deadline]')) {
      const left = Math.max(0, Math.ceil((Number(counter.dataset.deadline) - Date.now()) / 1000));
      counter.textContent = `${left} s left`;
    }
  }

  #card({ key, question }) {
    const answer = (reply) =>
      this.#panel.run(() =>
        this.#panel.api.send(
          'POST',
          `/keys/${encodeURIComponent(key)}/questions/${encodeURIComponent(question.id)}`,
          reply,
        ),
      );
    const [account] = question.accounts;
    return h(
      'section',
      { class: 'question', 'aria-label': 'The key asks', 'data-question': question.id },
      h('p', { class: 'which' }, `Key ${question.key}`),
      h(
        'h2',
        {},
        titles[question.purpose] ?? question.purpose,
        ' ',
        question.site && h('strong', {}, question.site),
      ),
      question.kind !== 'choice' &&
        account &&
        h(
          'p',
          {},
          'Account ',
          h('strong', {}, account.name ?? account.userId),
          account.displayName && ` (${account.displayName})`,
        ),
      question.longTouch && h('p', {}, 'A long touch: five seconds.'),
      question.verification && h('p', {}, `${question.verification.retriesLeft} tries left`),
      h('div', { class: 'answers' }, answers(question, answer)),
      h('p', { class: 'countdown', 'data-deadline': question.deadline }),
    );
  }
}

function button(text, reply, answer, members = {}) {
  return h('button', { type: 'button', onclick: () => answer(reply), ...members }, text);
}

function answers(question, answer) {
  const deny = button('Deny', { answer: 'deny' }, answer, { class: 'danger' });
  if (question.kind === 'choice')
    return [
      question.accounts.map(({ displayName, name, userId }, account) =>
        button(name ?? displayName ?? userId, { answer: 'account', account }, answer, {
          autofocus: account === 0,
        }),
      ),
      deny,
    ];
  if (question.purpose === 'enroll-fingerprint')
    return [
      samples.map((sample) =>
        button(sample, { answer: 'finger', finger: 'good', sample }, answer, {
          autofocus: sample === 'good',
        }),
      ),
      deny,
    ];
  if (question.verification?.modality === 'fingerprint')
    return [
      button('Good finger', { answer: 'finger', finger: 'good' }, answer, {
        autofocus: true,
        class: 'primary',
      }),
      button('Bad finger', { answer: 'finger', finger: 'bad' }, answer),
      deny,
    ];
  if (question.verification)
    return [
      form(
        { class: 'inline' },
        ({ pin }) => answer({ answer: 'pin', pin }),
        h('input', {
          name: 'pin',
          type: 'password',
          required: true,
          autofocus: true,
          autocomplete: 'off',
          'aria-label': 'PIN',
        }),
        h('button', { class: 'primary' }, 'Enter PIN'),
      ),
      button('Allow without PIN', { answer: 'allow' }, answer),
      button('Wrong PIN', { answer: 'fail' }, answer),
      deny,
    ];
  return [button('Allow', { answer: 'touch' }, answer, { autofocus: true, class: 'primary' }), deny];
}
