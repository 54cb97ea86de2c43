// What the extension keeps: the pairing and the wishes of its person for good, the last problem for the session.

const defaults = { enabled: true, attachment: 'cross-platform', popUp: true };

/** `{ pairing?, enabled, attachment, popUp }` */
export async function readSettings() {
  return { ...defaults, ...(await chrome.storage.local.get(['pairing', ...Object.keys(defaults)])) };
}

export function changeSettings(change) {
  return chrome.storage.local.set(change);
}

export function forgetPairing() {
  return chrome.storage.local.remove('pairing');
}

/** The sentence of what went wrong last, or undefined. */
export async function readProblem() {
  return (await chrome.storage.session.get('problem')).problem;
}

export async function tellProblem(problem) {
  if (problem === undefined) await chrome.storage.session.remove('problem');
  else await chrome.storage.session.set({ problem });
}
