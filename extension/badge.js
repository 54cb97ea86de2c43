import { findKey, keyPath, request } from './control.js';
import { readProblem, readSettings } from './settings.js';

// The sign at the icon: `?` while the key or the browser waits for its person, `…` while a site waits for the key, `!`
// after something went wrong. Calls of the browser's interface also keep the worker alive while a site waits.

const pollEvery = 400;
const colours = { '?': '#b45309', '…': '#2f5bd7', '!': '#b3261e' };

let ceremonies = 0;
let shown;
let popUpDue = false;

async function show(text) {
  if (text !== '') await chrome.action.setBadgeBackgroundColor({ color: colours[text] });
  await chrome.action.setBadgeText({ text });
  shown = text;
}

async function isSomebodyAsked() {
  const { pairing } = await readSettings();
  if (pairing === undefined) return false;
  const { key } = await findKey(pairing);
  const lists = await Promise.all([
    request(pairing, 'GET', keyPath(key.id, '/questions')),
    request(pairing, 'GET', keyPath(key.id, '/webauthn/prompts')),
  ]);
  return lists.some((list) => list.length > 0);
}

async function popUp() {
  if (!popUpDue) return;
  popUpDue = false;
  const { popUp: wanted } = await readSettings();
  // Possible only where a window has the focus; the badge says the same.
  if (wanted) await chrome.action.openPopup?.().catch(() => undefined);
}

async function poll() {
  while (ceremonies > 0) {
    const asked = await isSomebodyAsked().catch(() => false);
    if (ceremonies === 0) break;
    await show(asked ? '?' : '…');
    if (asked) await popUp();
    await new Promise((resolve) => setTimeout(resolve, pollEvery));
  }
}

/** Shows at the icon what a site waits for, until the function that it returns is called. */
export function watchQuestions() {
  popUpDue = true;
  if (ceremonies++ === 0) void poll();
  return async () => {
    if (--ceremonies > 0) return;
    await show((await readProblem()) === undefined ? '' : '!');
  };
}

/** The person has read what went wrong. */
export async function clearProblemSign() {
  if (shown !== '?' && shown !== '…') await chrome.action.setBadgeText({ text: '' });
}
