import { calmly } from '../calmly.js';
import { dangerButton, facts, field, form, h, replace, select } from '../dom.js';

/** Every key of the process as a card, and a form for one more. */
export async function showKeys(panel, main) {
  const draw = async () => {
    const cards = await Promise.all(panel.keys.map((key) => card(panel, key)));
    replace(main, h('div', { class: 'cards' }, cards, newKey(panel)));
  };
  await draw();
  const redraw = calmly(async () => {
    await panel.refreshKeys();
    // Nobody shall lose what is typed into a field at this moment.
    if (!main.querySelector('form :focus')) await draw();
  });
  return {
    take: ({ type }, moved) => {
      if (moved || type === 'credential-created' || type === 'credential-deleted') redraw.ask();
    },
    close: redraw.stop,
  };
}

async function card(panel, key) {
  const path = (rest) => `/keys/${encodeURIComponent(key.id)}${rest}`;
  const pin = await panel.run(() => panel.api.get(path('/pin')));
  const act = (method, rest, body) => async () => {
    await panel.run(() => panel.api.send(method, path(rest), body));
    await panel.refreshKeys();
    await panel.showView();
  };
  const move = (movement, text) =>
    h('button', { type: 'button', onclick: act('POST', `/${movement}`) }, text);
  return h(
    'article',
    { class: `card key ${key.plugged ? 'plugged' : 'unplugged'}`, 'data-key': key.id },
    h('h2', {}, key.name, ' ', h('span', { class: 'state' }, key.plugged ? 'plugged in' : 'unplugged')),
    facts([
      ['Kind', `${key.profile.name}${key.profile.changed ? ' (changed)' : ''}`],
      ['Where', key.addresses.join(', ') || (key.plugged ? 'this process only' : '–')],
      [
        'USB',
        `${hex(key.usb.vendorId)}:${hex(key.usb.productId)} ${key.usb.product}, serial ${key.usb.serial}`,
      ],
      [
        'Credentials',
        h('a', { href: '#/credentials', onclick: () => panel.choose(key.id) }, String(key.credentialCount)),
      ],
      ['PIN', pin && pinText(pin)],
    ]),
    h(
      'div',
      { class: 'buttons' },
      key.plugged ? move('unplug', 'Unplug') : move('plug', 'Plug in'),
      key.plugged && move('power-cycle', 'Power-cycle'),
      dangerButton('Reset', 'Really reset?', act('POST', '/reset')),
      dangerButton('Remove', 'Really remove?', act('DELETE', '')),
    ),
    pin?.supported && pinForm(key, pin, act, path, panel),
  );
}

function hex(id) {
  return id.toString(16).padStart(4, '0');
}

function pinText({ changeRequired, maxRetries, retriesLeft, set, supported }) {
  if (!supported) return 'not supported';
  if (!set) return 'not set';
  return `set, ${retriesLeft} of ${maxRetries} tries left${changeRequired ? ', has to be changed' : ''}`;
}

function pinForm(key, pin, act) {
  return h(
    'details',
    {},
    h('summary', {}, 'PIN'),
    form(
      { class: 'inline' },
      ({ pin: text }) => act('PUT', '/pin', { pin: text })(),
      h('input', {
        name: 'pin',
        type: 'password',
        required: true,
        autocomplete: 'off',
        'aria-label': 'New PIN',
      }),
      h('button', {}, pin.set ? 'Replace' : 'Set'),
    ),
    pin.set &&
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', onclick: act('DELETE', '/pin') }, 'Take away'),
        h('button', { type: 'button', onclick: act('PATCH', '/pin', { retriesLeft: 0 }) }, 'Block'),
        h(
          'button',
          { type: 'button', onclick: act('PATCH', '/pin', { retriesLeft: pin.maxRetries }) },
          'Unblock',
        ),
        h(
          'button',
          { type: 'button', onclick: act('PATCH', '/pin', { changeRequired: true }) },
          'Force a change',
        ),
      ),
  );
}

const kinds = [
  ['complete', 'complete'],
  ...[
    'ctap2.1',
    'ctap2.0',
    'u2f',
    'no-pin',
    'uv-required',
    'keypad',
    'fingerprint',
    'enterprise',
    'small-storage',
    'synced-passkey',
    'post-quantum',
  ].map((name) => [name, name]),
];

const habits = [
  ['ask', 'asks here'],
  ['allow', 'allows everything'],
  ['deny', 'denies everything'],
  ['ignore', 'never answers'],
];

function newKey(panel) {
  return form(
    { class: 'card new-key' },
    ({ action, id, profile, transport }) =>
      panel.run(async () => {
        const transports = transport ? [transport] : [];
        const made = await panel.api.send('POST', '/keys', {
          ...(id && { id }),
          profile,
          transports,
          consent: { action },
        });
        await panel.refreshKeys();
        await panel.choose(made.id);
      }),
    h('h2', {}, 'Another key'),
    field(
      'Name',
      h('input', { name: 'id', pattern: '[A-Za-z0-9_\\-][A-Za-z0-9._\\-]{0,63}', placeholder: 'key-1' }),
    ),
    field('Kind', select('profile', kinds, 'complete')),
    field('Transport', h('input', { name: 'transport', placeholder: 'none; uhid, tcp:127.0.0.1:0 …' })),
    field('Its user', select('action', habits, 'ask')),
    h('button', { class: 'primary' }, 'Make it'),
    h('p', { class: 'hint' }, 'It lives in memory, and is gone when the program ends.'),
  );
}
