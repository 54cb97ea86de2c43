import { h, replace, time } from '../dom.js';

/** Transactions that stay in the page; the key keeps more. */
const most = 500;

/** What passes between the key and its hosts, as it passes. */
export async function showTrace(panel, main) {
  const rows = h('tbody');
  const numbers = new Set();
  let isPaused = false;
  const quiet = h('input', {
    type: 'checkbox',
    checked: true,
    onchange: () => rows.classList.toggle('quiet', quiet.checked),
  });
  rows.className = 'quiet';
  const add = (entry) => {
    if (numbers.has(entry.number)) return;
    numbers.add(entry.number);
    rows.prepend(...line(panel, entry));
    while (rows.childElementCount > 2 * most) rows.lastElementChild.remove();
  };
  replace(
    main,
    h(
      'div',
      { class: 'toolbar' },
      h(
        'button',
        {
          type: 'button',
          onclick: ({ target }) => {
            isPaused = !isPaused;
            target.textContent = isPaused ? 'Go on' : 'Pause';
          },
        },
        'Pause',
      ),
      h('label', { class: 'check' }, quiet, 'Hide pings and INIT'),
      h(
        'button',
        {
          type: 'button',
          onclick: () => panel.run(() => panel.api.download(panel.path('/trace'), `${panel.keyId}.jsonl`)),
        },
        'JSON Lines',
      ),
      h(
        'button',
        {
          type: 'button',
          onclick: () =>
            panel.run(() => panel.api.download(panel.path('/trace.pcapng'), `${panel.keyId}.pcapng`)),
        },
        'pcapng for Wireshark',
      ),
      h(
        'button',
        {
          type: 'button',
          onclick: () =>
            panel.run(async () => {
              await panel.api.send('DELETE', panel.path('/trace'));
              rows.replaceChildren();
            }),
        },
        'Clear',
      ),
    ),
    h(
      'table',
      { class: 'trace' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Time', 'Command', 'About', 'Status', 'Took'].map((title) => h('th', { scope: 'col' }, title)),
        ),
      ),
      rows,
    ),
  );
  const text = (await panel.run(() => panel.api.text(panel.path('/trace')))) ?? '';
  for (const json of text.split('\n').filter(Boolean).slice(-most)) add(JSON.parse(json));
  return {
    take: (event) => {
      if (event.key === panel.keyId && event.type === 'command' && !isPaused) add(event);
    },
  };
}

function line(panel, entry) {
  const { cancelled, command, durationMs, protocol, status } = entry;
  const more = h('tr', { class: 'more', hidden: true }, h('td', { colSpan: 5 }));
  const isGood = ['OK', '9000'].includes(status);
  const open = async () => {
    more.hidden = !more.hidden;
    first.setAttribute('aria-expanded', String(!more.hidden));
    if (!more.hidden) await explain(panel, entry, more.firstElementChild);
  };
  const first = h(
    'tr',
    {
      class: `entry ${protocol} ${isGood ? 'good' : 'bad'}`,
      tabIndex: 0,
      'aria-expanded': 'false',
      onclick: open,
      onkeydown: (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        open();
      },
    },
    h('td', {}, time(entry.time)),
    h('td', {}, h('strong', {}, command)),
    h('td', {}, about(entry)),
    h('td', { class: 'status' }, cancelled ? `${status} (cancelled)` : status),
    h('td', {}, `${Math.round(durationMs * 10) / 10} ms`),
  );
  return [first, more];
}

function about({ request = {}, response = {} }) {
  const user = request.user ?? response.user;
  return [request.subCommand, request.rpId ?? request.rp?.id, user?.name]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** Both messages decoded, and the packets if the key still has them. */
async function explain(panel, entry, cell) {
  const packets = entry.packets ?? (await packetsOf(panel, entry.number));
  replace(
    cell,
    h(
      'div',
      { class: 'messages' },
      h('section', {}, h('h3', {}, 'Request'), tree(entry.request)),
      h('section', {}, h('h3', {}, 'Response'), tree(entry.response)),
    ),
    entry.detail && h('p', { class: 'hint' }, entry.detail),
    h(
      'details',
      {},
      h('summary', {}, `${packets.length} packets`),
      h(
        'pre',
        {},
        packets
          .map(
            ({ at, direction, report }) =>
              `${String(at).padStart(9)} ms ${direction === 'to-key' ? '→' : '←'} ${toHex(report)}\n`,
          )
          .join(''),
      ),
    ),
  );
}

async function packetsOf(panel, number) {
  const text = (await panel.run(() => panel.api.text(panel.path('/trace')))) ?? '';
  const found = text.split('\n').find((json) => json.startsWith(`{"number":${number},`));
  return found ? JSON.parse(found).packets : [];
}

function toHex(base64url) {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return [...text].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

function tree(value) {
  if (value === undefined) return h('p', { class: 'empty' }, 'none');
  if (typeof value !== 'object' || value === null) return h('code', {}, JSON.stringify(value));
  return h(
    'ul',
    { class: 'tree' },
    Object.entries(value).map(([name, member]) =>
      h('li', {}, h('span', { class: 'name' }, name), ' ', tree(member)),
    ),
  );
}
