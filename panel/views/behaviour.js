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

/** What the user does, and what the key does wrong. Only what changed is drawn again: somebody may be typing beside it. */
export async function showBehaviour(panel, main) {
  const user = userCard(panel);
  const faults = await faultCards(panel);
  replace(main, user.element, faults.element);
  const draw = async () => {
    await user.draw();
    await faults.draw();
  };
  await draw();
  const redraw = calmly(() => panel.run(draw));
  return {
    take: ({ key, policy, type }) => {
      if (key === panel.keyId && (type === 'fault' || (type === 'answer' && policy))) redraw.ask();
    },
    close: redraw.stop,
  };
}

function userCard(panel) {
  const habit = h('fieldset', { class: 'habit' });
  const list = h('ul', { class: 'policies' });
  const act = (method, path, body) =>
    panel.run(async () => {
      await panel.api.send(method, path, body);
      await draw();
    });

  async function draw() {
    const { consent } = await panel.api.get(panel.path());
    replace(
      habit,
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
    );
    const policies = await panel.api.get(panel.path('/policies'));
    replace(
      list,
      policies.map((policy) => {
        const path = panel.path(`/policies/${encodeURIComponent(policy.id)}`);
        const remove = h('button', { type: 'button', onclick: () => act('DELETE', path) }, 'Remove');
        return h('li', {}, wordPolicy(policy), remove);
      }),
    );
  }

  const element = h('section', { class: 'card' }, h('h2', {}, 'The user'), habit, list, ruleForm(panel, act));
  return { element, draw };
}

const commands = ['makeCredential', 'getAssertion', 'selection', 'reset', 'clientPin', 'bioEnrollment'];

function ruleForm(panel, act) {
  const number = (name, min, placeholder, label) =>
    h('input', { name, type: 'number', min, placeholder, 'aria-label': label });
  return form(
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
    number('times', '1', 'how often', 'How often'),
    select('command', [['', 'any command'], ...commands.map((name) => [name, name])], ''),
    h('input', { name: 'rpId', placeholder: 'any site', 'aria-label': 'Site' }),
    number('delay', '0', 'after ms', 'Delay in milliseconds'),
    h('button', { class: 'primary' }, 'Add'),
  );
}

function wordPolicy({ action, command, delayMs, purpose, rpId, times, used }) {
  const parts = [actions.find(([name]) => name === action)?.[1] ?? action];
  if (command ?? purpose) parts.push(`at ${command ?? purpose}`);
  if (rpId) parts.push(`for ${rpId}`);
  if (delayMs) parts.push(`after ${delayMs} ms`);
  if (times) parts.push(`${times} more times`);
  return h('span', {}, parts.join(' '), h('small', {}, ` used ${used} times`));
}

/** The catalogue by level; a row is drawn again when its rules changed. */
async function faultCards(panel) {
  const catalogue = await panel.api.get('/faults');
  const rows = new Map(catalogue.map((fault) => [fault.name, { fault, place: h('div'), drawn: '' }]));
  const element = h(
    'section',
    { class: 'faults' },
    Object.entries(levels).map(([level, title]) => {
      const places = [...rows.values()]
        .filter(({ fault }) => fault.level === level)
        .map(({ place }) => place);
      return h('section', { class: 'card' }, h('h2', {}, title), places);
    }),
  );
  async function draw() {
    const active = await panel.api.get(panel.path('/faults'));
    for (const row of rows.values()) {
      const rules = active.filter((rule) => rule.fault === row.fault.name);
      const state = JSON.stringify(rules);
      if (state === row.drawn && row.place.hasChildNodes()) continue;
      const isOpen = row.place.querySelector('details')?.open ?? false;
      row.drawn = state;
      replace(row.place, faultRow(panel, row.fault, rules, draw, isOpen));
    }
  }
  return { element, draw };
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
