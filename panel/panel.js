import { Api } from './api.js';
import { calmly } from './calmly.js';
import { field, form, h, replace } from './dom.js';
import { Questions } from './questions.js';
import { showAttestation } from './views/attestation.js';
import { showBehaviour } from './views/behaviour.js';
import { showCredentials } from './views/credentials.js';
import { showKeys } from './views/keys.js';
import { showTrace } from './views/trace.js';

/** The views: each gets the panel, fills the page, and returns what it does with events and how it ends. */
const views = {
  keys: { title: 'Keys', show: showKeys },
  credentials: { title: 'Credentials', show: showCredentials },
  behaviour: { title: 'Behaviour', show: showBehaviour },
  trace: { title: 'Trace', show: showTrace },
  attestation: { title: 'Attestation', show: showAttestation },
};

const byId = (id) => document.getElementById(id);
const tokenName = 'fauxkey-token';

/** What the views share. */
class Panel {
  api;
  keys = [];
  /** Id of the key that is looked at. */
  keyId;
  #view = {};
  #questions;
  #keysMoved = calmly(() => this.refreshKeys());

  constructor(api) {
    this.api = api;
    this.#questions = new Questions(this, byId('questions'));
  }

  get key() {
    return this.keys.find(({ id }) => id === this.keyId);
  }

  /** Path of the chosen key. */
  path(rest = '') {
    return `/keys/${encodeURIComponent(this.keyId)}${rest}`;
  }

  /** Runs something that talks to the server; what goes wrong is told, and undefined comes back. */
  async run(action) {
    try {
      return await action();
    } catch (error) {
      if (error.status === 401) askForToken('The token is not the one of this server any more.');
      else this.notice(error.message);
      return undefined;
    }
  }

  notice(message) {
    const notice = h(
      'p',
      { class: 'notice' },
      message,
      h('button', { type: 'button', 'aria-label': 'Close', onclick: () => notice.remove() }, '×'),
    );
    byId('notices').append(notice);
    setTimeout(() => notice.remove(), 10_000);
  }

  async refreshKeys() {
    this.keys = (await this.run(() => this.api.get('/keys'))) ?? [];
    if (!this.key) this.keyId = this.keys[0]?.id;
    const choice = byId('key-choice');
    replace(
      choice,
      this.keys.map(({ id, name, plugged }) =>
        h('option', { value: id, selected: id === this.keyId }, `${name}${plugged ? '' : ' (unplugged)'}`),
      ),
    );
    choice.disabled = this.keys.length === 0;
  }

  choose(id) {
    this.keyId = id;
    byId('key-choice').value = id;
    return this.showView();
  }

  async showView() {
    const name = views[location.hash.slice(2)] ? location.hash.slice(2) : 'keys';
    this.#view.close?.();
    this.#view = {};
    replace(
      byId('tabs'),
      Object.entries(views).map(([id, { title }]) =>
        h('a', { href: `#/${id}`, 'aria-current': id === name ? 'page' : undefined }, title),
      ),
    );
    document.title = `${views[name].title} – Fauxkey`;
    const main = byId('view');
    if (name !== 'keys' && !this.key) {
      replace(main, h('p', { class: 'empty' }, 'There is no key. Make one under Keys.'));
      return;
    }
    this.#view = (await this.run(() => views[name].show(this, main))) ?? {};
  }

  take(event) {
    if (event.type === 'lagged') return this.start();
    this.#questions.take(event);
    const moved = ['key-created', 'key-removed', 'plugged', 'unplugged', 'power-cycle'].includes(event.type);
    if (moved) this.#keysMoved.ask();
    this.#view.take?.(event, moved);
  }

  /** From the beginning: after the page was loaded, and whenever events were missed. */
  async start() {
    await this.refreshKeys();
    await this.#questions.refresh();
    await this.showView();
  }
}

function askForToken(reason) {
  sessionStorage.removeItem(tokenName);
  replace(
    byId('view'),
    form(
      { class: 'card token' },
      ({ token }) => {
        sessionStorage.setItem(tokenName, token);
        location.reload();
      },
      h('h2', {}, 'Which token?'),
      h('p', {}, reason, ' The key prints it when it starts, and keeps it in a file that only you can read.'),
      field('Token', h('input', { name: 'token', required: true, autocomplete: 'off', autofocus: true })),
      h('button', {}, 'Go on'),
    ),
  );
}

/** The link that `fauxkey start --control` prints carries the token behind the #, which no server gets to see. */
function takeToken() {
  const [, given] = /^#token=([\w-]+)$/.exec(location.hash) ?? [];
  if (given) {
    sessionStorage.setItem(tokenName, given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(tokenName);
}

async function main() {
  const token = takeToken();
  if (!token) {
    askForToken('This page drives security keys.');
    return;
  }
  const panel = new Panel(new Api(token));
  byId('key-choice').addEventListener('change', ({ target }) => panel.choose(target.value));
  addEventListener('hashchange', () => panel.showView());
  const connection = byId('connection');
  await panel.run(() =>
    panel.api.follow(
      (event) => panel.take(event),
      (isConnected) => {
        connection.textContent = isConnected ? 'live' : 'connecting…';
        connection.className = isConnected ? 'live' : 'lost';
        if (isConnected) panel.start();
      },
      new AbortController().signal,
    ),
  );
}

await main();
