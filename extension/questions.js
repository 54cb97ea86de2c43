import { keyPath, request } from './control.js';
import { accountLabel, wordPrompt, wordQuestion } from './words.js';

// The forms with which the person answers. Each is built of elements and text, never of markup.

/** An element with attributes, children and listeners (`onclick`). */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, '');
    else if (value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function button(label, onclick, quiet = false) {
  return element('button', { type: 'button', class: quiet ? 'quiet' : 'main', onclick }, label);
}

/** A text field for a PIN with its buttons. `send` gets the PIN, `refuse` nothing. */
function pinForm(label, send, refuse) {
  const field = element('input', {
    type: 'password',
    id: 'pin',
    autocomplete: 'off',
    required: true,
    maxlength: '63',
    autofocus: true,
  });
  const onsubmit = (event) => {
    event.preventDefault();
    send(field.value);
    field.value = '';
  };
  return element(
    'form',
    { onsubmit },
    element('label', { for: 'pin' }, label),
    field,
    element(
      'div',
      { class: 'buttons' },
      element('button', { class: 'main' }, 'Confirm'),
      button('Deny', refuse, true),
    ),
  );
}

function accountList(accounts, choose, refuse) {
  const rows = accounts.map((account, index) => button(accountLabel(account), () => choose(index), true));
  return element('div', { class: 'accounts' }, ...rows, button('None of them', refuse, true));
}

function yesOrNo(yes, say) {
  return element(
    'div',
    { class: 'buttons' },
    button(yes, () => say('allow')),
    button('Deny', () => say('deny'), true),
  );
}

/** The form for what the key asks. `say` gets a reply as the control server takes it. */
function questionForm({ accounts, kind, verification }, pinSet, say) {
  const deny = () => say({ answer: 'deny' });
  const simply = (answer) => say({ answer });
  if (kind === 'choice') return accountList(accounts, (account) => say({ answer: 'account', account }), deny);
  if (verification?.modality === 'pin' && pinSet) {
    return pinForm('PIN of the key', (pin) => say({ answer: 'pin', pin }), deny);
  }
  if (verification?.modality === 'fingerprint') {
    const finger = (which) => () => say({ answer: 'finger', finger: which });
    const buttons = [button('Right finger', finger('good')), button('Wrong finger', finger('bad'), true)];
    return element('div', { class: 'buttons' }, ...buttons, button('Deny', deny, true));
  }
  return yesOrNo('Allow', simply);
}

function promptForm(prompt, say) {
  const cancel = () => say({ cancel: true });
  if (prompt.kind === 'account') return accountList(prompt.accounts, (account) => say({ account }), cancel);
  const label = prompt.purpose === 'enter' ? 'PIN of the key' : 'New PIN';
  return pinForm(label, (pin) => say({ pin }), cancel);
}

/** Time that is left, as a bar; nothing for what has no limit. */
export function timeBar({ askedAt, deadline }) {
  if (deadline === undefined) return [];
  const whole = deadline - askedAt;
  return [
    element('progress', {
      max: String(whole),
      value: String(deadline - Date.now()),
      'aria-label': 'Time left',
    }),
  ];
}

/** A card for what waits: of the key first, of the browser otherwise. Undefined when nothing waits. */
export function questionCard({ key, questions, prompts }, pairing, onAnswered) {
  const waiting = questions[0] ?? prompts[0];
  if (waiting === undefined) return undefined;
  const ofKey = questions.length > 0;
  const path = keyPath(
    key.id,
    `/${ofKey ? 'questions' : 'webauthn/prompts'}/${encodeURIComponent(waiting.id)}`,
  );
  const say = (body) => onAnswered(request(pairing, 'POST', path, { body }));
  const { facts, title } = ofKey ? wordQuestion(waiting) : wordPrompt(waiting);
  const form = ofKey ? questionForm(waiting, key.pinSet, say) : promptForm(waiting, say);
  const lines = facts.map((fact) => element('p', { class: 'fact' }, fact));
  return {
    id: `${path} ${JSON.stringify(facts)}`,
    deadline: waiting.deadline,
    node: element(
      'section',
      { class: 'question', 'aria-labelledby': 'question-title' },
      element('h2', { id: 'question-title' }, title),
      ...lines,
      ...timeBar(waiting),
      form,
    ),
  };
}
