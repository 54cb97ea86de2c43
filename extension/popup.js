import { findKey, keyPath, request } from './control.js';
import { element, questionCard } from './questions.js';
import { changeSettings, readProblem, readSettings, tellProblem } from './settings.js';
import { printable } from './words.js';

const refreshEvery = 500;
const byId = (id) => document.getElementById(id);
let shownQuestion;
/** Answers given so far: what was asked for before the last of them is out of date. */
let answers = 0;
let refreshing = false;

/** Everything that the popup shows, or the sentence that says why not. */
async function look(settings) {
  if (settings.pairing === undefined) return { state: 'Not paired', unpaired: true };
  const { key, keys } = await findKey(settings.pairing);
  const [questions, prompts] = await Promise.all([
    request(settings.pairing, 'GET', keyPath(key.id, '/questions')),
    request(settings.pairing, 'GET', keyPath(key.id, '/webauthn/prompts')),
  ]);
  const isAsked = questions.length + prompts.length > 0;
  const state = isAsked ? 'Waits for you' : key.plugged ? 'Ready' : 'Unplugged';
  return { key, keys, questions, prompts, state };
}

function showState(text, mood) {
  byId('state').textContent = text;
  byId('state').dataset.mood = mood;
}

function showProblem(sentence) {
  byId('problem').hidden = sentence === undefined;
  byId('problem-text').textContent = sentence ?? '';
}

async function onAnswered(answer) {
  byId('question').replaceChildren();
  try {
    await answer;
    showProblem(undefined);
  } catch (error) {
    // A wrong answer is told; a question that ended by itself is no problem.
    if (error.code !== 'not-found') showProblem(error.message);
  }
  answers += 1;
  shownQuestion = undefined;
  await refresh();
}

function showQuestion(view, pairing) {
  const card = view.key === undefined ? undefined : questionCard(view, pairing, onAnswered);
  if (card?.id !== shownQuestion) {
    shownQuestion = card?.id;
    byId('question').replaceChildren(...(card === undefined ? [] : [card.node]));
    byId('question').querySelector('input, button')?.focus();
    return;
  }
  const bar = byId('question').querySelector('progress');
  if (bar !== null && card?.deadline !== undefined) bar.value = card.deadline - Date.now();
}

function factRows({ key }) {
  const rows = [
    ['Key', printable(key.name)],
    ['Kind', `${printable(key.profile.name)}${key.profile.changed ? ', changed' : ''}`],
    ['Credentials', String(key.credentialCount)],
    ['PIN', key.pinSet ? 'set' : 'not set'],
  ];
  return rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
}

function showKey(view) {
  byId('facts').replaceChildren(...(view.key === undefined ? [] : factRows(view)));
  const many = view.keys !== undefined && view.keys.length > 1;
  byId('key-row').hidden = !many;
  const chosen = view.key?.id;
  const wanted = JSON.stringify([chosen, view.keys?.map(({ id }) => id)]);
  if (!many || byId('key').dataset.shown === wanted) return;
  byId('key').dataset.shown = wanted;
  const options = view.keys.map(({ id, name }) =>
    element('option', { value: id, selected: id === chosen }, printable(name)),
  );
  byId('key').replaceChildren(...options);
}

/** Every half second, unless the last time is not over yet. */
async function refreshInTurn() {
  if (refreshing) return;
  refreshing = true;
  await refresh();
  refreshing = false;
}

async function refresh() {
  const begun = answers;
  const settings = await readSettings();
  byId('enabled').checked = settings.enabled;
  byId('attachment').value = settings.attachment;
  try {
    const view = await look(settings);
    if (begun !== answers) return;
    const mood = view.unpaired ? 'bad' : view.state === 'Ready' ? 'good' : 'wait';
    showState(settings.enabled ? view.state : 'Switched off', settings.enabled ? mood : 'wait');
    showKey(view);
    showQuestion(view, settings.pairing);
    byId('unpaired').hidden = !view.unpaired;
  } catch (error) {
    showState('No key', 'bad');
    showKey({});
    showQuestion({}, settings.pairing);
    showProblem(error.message);
  }
}

async function start() {
  showProblem(await readProblem());
  byId('enabled').addEventListener('change', () => changeSettings({ enabled: byId('enabled').checked }));
  byId('attachment').addEventListener('change', () =>
    changeSettings({ attachment: byId('attachment').value }),
  );
  byId('key').addEventListener('change', async () => {
    const { pairing } = await readSettings();
    await changeSettings({ pairing: { ...pairing, key: byId('key').value } });
    await refresh();
  });
  byId('dismiss').addEventListener('click', async () => {
    await tellProblem(undefined);
    await chrome.action.setBadgeText({ text: '' });
    showProblem(undefined);
  });
  for (const link of document.querySelectorAll('.options')) {
    link.addEventListener('click', () => chrome.runtime.openOptionsPage());
  }
  await refresh();
  setInterval(() => void refreshInTurn(), refreshEvery);
}

await start();
