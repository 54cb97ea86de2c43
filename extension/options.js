import { findKey, parsePairing } from './control.js';
import { changeSettings, forgetPairing, readSettings, tellProblem } from './settings.js';
import { printable } from './words.js';

const byId = (id) => document.getElementById(id);

function say(sentence, mood) {
  byId('result').textContent = sentence;
  byId('result').dataset.mood = mood;
}

function describePairing({ url }, { key }) {
  return `Paired with “${printable(key.name)}” at ${url}.`;
}

/** Nothing is kept unless a key answers. */
async function pair(text) {
  try {
    const pairing = parsePairing(text);
    const found = await findKey(pairing);
    await changeSettings({ pairing });
    await tellProblem(undefined);
    await chrome.action.setBadgeText({ text: '' });
    byId('pairing').value = '';
    say(describePairing(pairing, found), 'good');
  } catch (error) {
    say(error.message, 'bad');
  }
}

byId('pair').addEventListener('submit', (event) => {
  event.preventDefault();
  void pair(byId('pairing').value);
});
byId('forget').addEventListener('click', async () => {
  await forgetPairing();
  say('The pairing is forgotten.', 'good');
});
byId('pop-up').addEventListener('change', () => changeSettings({ popUp: byId('pop-up').checked }));

const { pairing, popUp } = await readSettings();
byId('pop-up').checked = popUp;
if (pairing !== undefined) {
  try {
    say(describePairing(pairing, await findKey(pairing)), 'good');
  } catch (error) {
    say(error.message, 'bad');
  }
}
