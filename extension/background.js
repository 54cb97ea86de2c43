import { ControlError, findKey, keyPath, request } from './control.js';
import { readSettings, tellProblem } from './settings.js';
import { watchQuestions } from './badge.js';

/** Ceremonies that a site waits for, by the browser's id of the request. */
const running = new Map();

const notPaired =
  'The extension is not paired with a key yet. Open its options and enter the pairing string.';

async function requirePairing() {
  const settings = await readSettings();
  if (settings.pairing === undefined) throw new ControlError(notPaired, 'not-paired');
  return settings;
}

/** The site's options as the browser checked them, and the document that they come from. */
function readDetails(requestDetailsJson) {
  const options = JSON.parse(requestDetailsJson);
  const { remoteDesktopClientOverride: caller, ...extensions } = options.extensions ?? {};
  if (typeof caller?.origin !== 'string')
    throw new ControlError('The browser does not say which site asks.', 'no-origin');
  return {
    origin: caller.origin,
    crossOrigin: caller.sameOriginWithAncestors === false,
    rpIdChecked: true,
    options: { ...options, extensions },
  };
}

async function answerCeremony(ceremony, requestDetailsJson, signal) {
  const settings = await requirePairing();
  const { key } = await findKey(settings.pairing);
  const body = { ...readDetails(requestDetailsJson), attachment: settings.attachment, prompts: true };
  return request(settings.pairing, 'POST', keyPath(key.id, `/webauthn/${ceremony}`), { body, signal });
}

/** What the site gets when no key answers is what a browser without a key gives it; the person gets the reason. */
async function toOutcome(error) {
  const isKnown = error instanceof ControlError;
  await tellProblem(isKnown ? error.message : `The extension has a defect: ${error}`);
  const message = isKnown ? 'No security key answered.' : 'The Fauxkey extension failed.';
  return { error: { name: 'NotAllowedError', message } };
}

async function handle(ceremony, { requestId, requestDetailsJson }) {
  const controller = new AbortController();
  running.set(requestId, controller);
  const stopWatching = watchQuestions();
  let outcome;
  try {
    outcome = await answerCeremony(ceremony, requestDetailsJson, controller.signal);
    await tellProblem(undefined);
  } catch (error) {
    if (controller.signal.aborted) return;
    outcome = await toOutcome(error);
  } finally {
    running.delete(requestId);
    await stopWatching();
  }
  await complete(ceremony, requestId, outcome);
}

async function complete(ceremony, requestId, { error, response }) {
  const details = error === undefined ? { responseJson: JSON.stringify(response) } : { error };
  const proxy = chrome.webAuthenticationProxy;
  const give = ceremony === 'create' ? proxy.completeCreateRequest : proxy.completeGetRequest;
  // The site may have gone in the meantime: then nobody waits for this.
  await give.call(proxy, { requestId, ...details }).catch(() => undefined);
}

async function answerIsUvpaa({ requestId }) {
  const isUvpaa = await isPlatformAuthenticator().catch(() => false);
  await chrome.webAuthenticationProxy.completeIsUvpaaRequest({ requestId, isUvpaa }).catch(() => undefined);
}

async function isPlatformAuthenticator() {
  const { attachment, pairing } = await requirePairing();
  if (attachment !== 'platform') return false;
  const { key } = await findKey(pairing);
  return (await request(pairing, 'GET', keyPath(key.id, '/webauthn'))).canVerifyUser;
}

/** Takes the browser's WebAuthn over, or gives it back. Both are harmless when it is so already. */
async function attachAsWished() {
  const { enabled } = await readSettings();
  const proxy = chrome.webAuthenticationProxy;
  try {
    await (enabled ? proxy.attach() : proxy.detach());
  } catch (error) {
    if (!/already attached|not attached/i.test(String(error))) {
      await tellProblem(`The browser does not let Fauxkey answer: ${error.message}`);
    }
  }
}

chrome.webAuthenticationProxy.onCreateRequest.addListener((details) => void handle('create', details));
chrome.webAuthenticationProxy.onGetRequest.addListener((details) => void handle('get', details));
chrome.webAuthenticationProxy.onIsUvpaaRequest.addListener((details) => void answerIsUvpaa(details));
chrome.webAuthenticationProxy.onRequestCanceled.addListener((requestId) => running.get(requestId)?.abort());
chrome.runtime.onInstalled.addListener(() => void attachAsWished());
chrome.runtime.onStartup.addListener(() => void attachAsWished());
chrome.storage.local.onChanged.addListener(({ enabled }) => enabled && void attachAsWished());
