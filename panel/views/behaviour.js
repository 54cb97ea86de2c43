import { calmly } from '../calmly.js';
import { field, form, h, replace, select } from '../dom.js';

const actions = [
  ['allow', 'allows'],
  ['deny', 'denies'],
  ['fail', 'fails to verify'],
  ['ignore', 'never answers'],
  ['ask', 'asks here'],
];

const levels = {
  ctap: 'Answers',
  attestation: 'Attestation',
  ctaphid: 'Packets (CTAPHID)',
  usb: 'USB',
  storage: 'Storage',
};

/** What the user does, and what the key does wrong. */
export async function showBehaviour(panel, main) {
  const user = h('section', { class: 'card' });
  const faults = h('section', { class: 'faults' });
  replace(main, user, faults);
  const catalogue = await panel.api.get('/faults');
  const drawUser = async () => replace(user, await userCard(panel, drawUser));
  const drawFaults = async () => {
    const open = [...faults.querySelectorAll('details[open]')].map(({ dataset }) => dataset.fault);
    const active = await panel.api.get(panel.path('/faults'));
    replace(faults, faultList(panel, catalogue, active, drawFaults, new Set(open)));
  };
  await drawUser();
  await drawFaults();
  const redraw = calmly(async () => {
    if (!faults.querySelector(':focus')) await panel.run(drawFaults);
    if (!user.querySelector(':focus')) await panel.run(drawUser);
  });
  return {
    take: ({ key, policy, type }) => {
      if (key === panel.keyId && (type === 'fault' || (type === 'answer' && policy))) redraw.ask();
    },
    close: redraw.stop,
  };
}

async function userCard(panel, redraw) {
  const { consent } = await panel.api.get(panel.path());
  const policies = await panel.api.get(panel.path('/policies'));
  const act = (method, path, body) =>
    panel.run(async () => {
      await panel.api.send(method, path, body);
      await redraw();
    });
  return [
    h('h2', {}, 'The user'),
    h(
      'fieldset',
      { class: 'habit' },
      h('legend', {}, 'When no rule says something else, the user …'),
      actions
        .filter(([action]) => action !== 'fail')
        .map(([action, text]) =>
          h(
            'label',
            { class: 'check' },
            h('input', {
              type: 'radio',
              name: 'habit',
              value: action,
              checked: consent.action === action,
              onchange: () => act('PATCH', panel.path(), { consent: { ...consent, action } }),
            }),
            text,
          ),
        ),
    ),
    h(
      'ul',
      { class: 'policies' },
      policies.map((policy) =>
        h(
          'li',
          {},
          wordPolicy(policy),
          h(
            'button',
            {
              type: 'button',
              onclick: () => act('DELETE', panel.path(`/policies/${encodeURIComponent(policy.id)}`)),
            },
            'Remove',
          ),
        ),
      ),
    ),
    form(
      { class: 'inline' },
      ({ action, command, delay, rpId, times }) =>
        act('POST', panel.path('/policies'), {
          action,
          ...(command && { command }),
          ...(rpId && { rpId }),
          ...(delay && { delayMs: Number(delay) }),
          ...(times && { times: Number(times) }),
        }),
      h('span', {}, 'A rule: the user'),
      select('action', actions, 'deny'),
      h('input', {
        name: 'times',
        type: 'number',
        min: '1',
        placeholder: 'how often',
        'aria-label': 'How often',
      }),
      select(
        'command',
        [
          ['', 'any command'],
          ...['makeCredential', 'getAssertion', 'selection', 'reset', 'clientPin', 'bioEnrollment'].map(
            (name) => [name, name],
          ),
        ],
        '',
      ),
      h('input', { name: 'rpId', placeholder: 'any site', 'aria-label': 'Site' }),
      h('input', {
        name: 'delay',
        type: 'number',
        min: '0',
        placeholder: 'after ms',
        'aria-label': 'Delay in milliseconds',
      }),
      h('button', { class: 'primary' }, 'Add'),
    ),
  ];
}

function wordPolicy({ action, command, delayMs, purpose, rpId, times, used }) {
  const parts = [actions.find(([name]) => name === action)?.[1] ?? action];
  if (command ?? purpose) parts.push(`at ${command ?? purpose}`);
  if (rpId) parts.push(`for ${rpId}`);
  if (delayMs) parts.push(`after ${delayMs} ms`);
  if (times) parts.push(`${times} more times`);
  return h('span', {}, parts.join(' '), h('small', {}, ` used ${used} times`));
}

function faultList(panel, catalogue, active, redraw, open) {
  return Object.entries(levels).map(([level, title]) =>
    h(
      'section',
      { class: 'card' },
      h('h2', {}, title),
      catalogue
        .filter((fault) => fault.level === level)
        .map((fault) =>
          faultRow(
            panel,
            fault,
            active.filter((rule) => rule.fault === fault.name),
            redraw,
            open.has(fault.name),
          ),
        ),
    ),
  );
}

function faultRow(panel, fault, rules, redraw, isOpen) {
  const isOn = rules.length > 0;
  const turnOff = () =>
    panel.run(async () => {
      for (const { id } of rules)
        await panel.api.send('DELETE', panel.path(`/faults/${encodeURIComponent(id)}`));
      await redraw();
    });
  const settings = form(
    { class: 'inline' },
    (fields, element) =>
      panel.run(async () => {
        await panel.api.send('POST', panel.path('/faults'), ruleOf(fault, fields, element));
        await redraw();
      }),
    fault.parameters.map((parameter) => field(parameter.name, parameterInput(parameter))),
    field('next', h('input', { name: '#next', type: 'number', min: '1', placeholder: 'always' })),
    field('site', h('input', { name: '#rpId', placeholder: 'any' })),
    h('button', { class: 'primary' }, isOn ? 'One more rule' : 'Switch on'),
  );
  const toggle = h('input', {
    type: 'checkbox',
    role: 'switch',
    checked: isOn,
    'aria-label': fault.name,
    onchange: () => (isOn ? turnOff() : settings.requestSubmit()),
  });
  return h(
    'div',
    { class: isOn ? 'fault on' : 'fault', 'data-name': fault.name },
    toggle,
    h(
      'details',
      { 'data-fault': fault.name, open: isOpen },
      h('summary', {}, h('strong', {}, fault.name), ' ', fault.does),
      h('p', { class: 'hint' }, fault.expect, ' ', h('em', {}, fault.outcome)),
      settings,
      rules.map(({ applied, parameters, scope }) =>
        h(
          'p',
          { class: 'hint' },
          `In force: ${JSON.stringify({ ...parameters, ...scope })}, applied ${applied} times`,
        ),
      ),
    ),
  );
}

function parameterInput({ choices, default: preset, doc, maximum, minimum, name, names, type }) {
  const members = { name, title: doc };
  if (type === 'boolean') return h('input', { ...members, type: 'checkbox', checked: preset === true });
  if (type === 'choice')
    return select(
      name,
      choices.map((choice) => [choice, choice]),
      preset,
    );
  if (type === 'code')
    return select(
      name,
      Object.keys(names).map((code) => [code, code]),
      preset,
    );
  if (type === 'integer')
    return h('input', {
      ...members,
      type: 'number',
      min: minimum,
      max: maximum,
      value: preset === undefined ? '' : String(preset),
    });
  return h('input', { ...members, value: preset ?? '' });
}

function ruleOf({ name, parameters }, fields, element) {
  const values = parameters.map(({ name: parameter, type }) => {
    if (type === 'boolean') return [parameter, element.elements[parameter].checked];
    const text = fields[parameter];
    return [parameter, type === 'integer' && text !== undefined ? Number(text) : text];
  });
  return {
    fault: name,
    parameters: Object.fromEntries(values.filter(([, value]) => value !== undefined)),
    scope: {
      ...(fields['#next'] && { next: Number(fields['#next']) }),
      ...(fields['#rpId'] && { rpId: fields['#rpId'] }),
    },
  };
}
