import { calmly } from '../calmly.js';
import { dangerButton, facts, field, form, h, replace } from '../dom.js';
import { VirtualList } from '../virtual-list.js';

const changes = ['credential-created', 'credential-used', 'credential-changed', 'credential-deleted'];

/** With more changes than this at once the whole list is read again. */
const manyChanges = 20;

/** What the chosen key holds: search on the left, one credential on the right. */
export async function showCredentials(panel, main) {
  let credentials = [];
  let shown;
  /** Ids of what changed, and whether it is gone. */
  const touched = new Map();
  const details = h('section', { class: 'details', 'aria-live': 'polite' });
  const total = h('span', { class: 'total' });
  const search = h('input', {
    type: 'search',
    placeholder: 'Site, account or id',
    'aria-label': 'Search',
    oninput: () => filter(),
  });
  const list = new VirtualList({
    label: 'Credentials',
    rowHeight: 52,
    row,
    onChoose: ({ credentialId }) => inspect(credentialId),
  });

  function filter() {
    const wanted = search.value.trim().toLowerCase();
    const found = wanted ? credentials.filter(({ text }) => text.includes(wanted)) : credentials;
    list.items = found;
    total.textContent = `${found.length} of ${credentials.length}`;
  }

  async function load() {
    const loaded = await panel.run(() => panel.api.get(panel.path('/credentials')));
    credentials = (loaded ?? []).map(searchable);
    filter();
  }

  /** Reads again what changed: a long list is not fetched whole for one sign-in. */
  async function update() {
    const changed = [...touched];
    touched.clear();
    if (changed.length > manyChanges) return load();
    for (const [id, isGone] of changed) {
      const read = () => panel.api.get(panel.path(`/credentials/${id}`)).catch(() => undefined);
      const found = isGone ? undefined : await read();
      const place = credentials.findIndex(({ credentialId }) => credentialId === id);
      if (place >= 0) credentials.splice(place, 1, ...(found ? [searchable(found)] : []));
      else if (found) credentials.unshift(searchable(found));
    }
    filter();
    return undefined;
  }

  async function inspect(id) {
    shown = id;
    const credential = credentials.find(({ credentialId }) => credentialId === id);
    replace(details, credential ? inspector(panel, credential, removed) : hint());
  }

  const removed = () => inspect(undefined);

  replace(
    main,
    h(
      'div',
      { class: 'split' },
      h(
        'div',
        { class: 'side' },
        h('div', { class: 'toolbar' }, search, total),
        list.element,
        h('div', { class: 'toolbar' }, addForm(panel), wipeButton(panel)),
      ),
      details,
    ),
  );
  await load();
  await inspect(undefined);

  const reload = calmly(async () => {
    await update();
    if (shown !== undefined && !details.querySelector(':focus')) await inspect(shown);
  });
  return {
    take: ({ credential, key, type }) => {
      if (key !== panel.keyId || !changes.includes(type)) return;
      touched.set(credential.credentialId, type === 'credential-deleted');
      reload.ask();
    },
    close: reload.stop,
  };
}

function searchable(credential) {
  return { ...credential, text: searchText(credential) };
}

function searchText({ credentialId, rpId = '', userDisplayName = '', userName = '' }) {
  return `${rpId} ${userName} ${userDisplayName} ${credentialId}`.toLowerCase();
}

function row({ algorithm, isResidentCredential, rpId, signCount, userHandle, userName }) {
  return [
    h('span', { class: 'site' }, rpId ?? 'U2F site'),
    h('span', { class: 'account' }, userName ?? userHandle ?? '–'),
    h(
      'span',
      { class: 'facts' },
      `${algorithm} · ${signCount ?? 'no counter'}${isResidentCredential ? ' · passkey' : ''}`,
    ),
  ];
}

function hint() {
  return h('p', { class: 'empty' }, 'Choose a credential to see and change it.');
}

function inspector(panel, credential, removed) {
  const path = panel.path(`/credentials/${credential.credentialId}`);
  return [
    h('h2', {}, credential.rpId ?? 'U2F site'),
    facts([
      ['Account', credential.userName],
      ['Display name', credential.userDisplayName],
      ['User handle', credential.userHandle && h('code', {}, credential.userHandle)],
      ['Credential id', h('code', {}, credential.credentialId)],
      ['Kind', credential.isResidentCredential ? 'discoverable (passkey)' : 'not discoverable'],
      ['Algorithm', credential.algorithm],
      ['credProtect', String(credential.credProtect)],
      ['Created', new Date(credential.createdAt).toLocaleString()],
      ['Last used', credential.lastUsedAt ? new Date(credential.lastUsedAt).toLocaleString() : 'never'],
      ['Public key (COSE)', h('code', {}, credential.publicKey)],
    ]),
    changeForm(panel, path, credential),
    dangerButton('Delete', 'Really delete?', async () => {
      await panel.run(() => panel.api.send('DELETE', path));
      removed();
    }),
  ];
}

function changeForm(panel, path, credential) {
  const flag = (name, label, checked) =>
    h('label', { class: 'check' }, h('input', { type: 'checkbox', name, checked }), label);
  return form(
    { class: 'card' },
    (fields, element) =>
      panel.run(async () => {
        const { counter, userDisplayName, userName } = element.elements;
        await panel.api.send('PATCH', path, {
          signCount: counter.value === '' ? null : Number(counter.value),
          backupEligibility: fields.backupEligibility !== undefined,
          backupState: fields.backupState !== undefined,
          ...(userName && { userName: userName.value, userDisplayName: userDisplayName.value }),
        });
      }),
    h('h3', {}, 'Change'),
    field(
      'Signature counter',
      h('input', {
        name: 'counter',
        type: 'number',
        min: '0',
        max: '4294967295',
        placeholder: 'none: always zero',
        value: credential.signCount === null ? '' : String(credential.signCount),
      }),
    ),
    credential.userHandle && [
      field('Account', h('input', { name: 'userName', value: credential.userName ?? '' })),
      field('Display name', h('input', { name: 'userDisplayName', value: credential.userDisplayName ?? '' })),
    ],
    flag('backupEligibility', 'Backup eligible (BE)', credential.backupEligibility),
    flag('backupState', 'Backed up (BS)', credential.backupState),
    h('button', { class: 'primary' }, 'Save'),
  );
}

function addForm(panel) {
  return h(
    'details',
    { class: 'drop' },
    h('summary', {}, 'Add'),
    form(
      { class: 'card' },
      ({ account, rpId }, element) =>
        panel.run(async () => {
          await panel.api.send('POST', panel.path('/credentials'), {
            rpId,
            userName: account,
            userDisplayName: account,
            userHandle: randomId(),
          });
          element.closest('details').open = false;
          element.reset();
        }),
      field('Site (RP ID)', h('input', { name: 'rpId', required: true, placeholder: 'example.com' })),
      field('Account', h('input', { name: 'account', required: true })),
      h('button', { class: 'primary' }, 'Add a passkey'),
    ),
  );
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

function wipeButton(panel) {
  return dangerButton('Delete all', 'Really delete all?', () =>
    panel.run(() => panel.api.send('DELETE', panel.path('/credentials'))),
  );
}
