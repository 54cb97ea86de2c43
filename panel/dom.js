/**
 * An element. Members that begin with `on` are listeners, `class` is the class name, properties that the element has
 * are set, all else are attributes; what is undefined or false is left out. Children are elements or text: text from a
 * key or a site is never read as HTML.
 */
export function h(tag, members = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name in element && typeof value !== 'string') element[name] = value;
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false),
  );
  return element;
}

export function replace(parent, ...children) {
  parent.replaceChildren(
    ...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false),
  );
}

/** A form whose fields are given to `submit` as an object; empty text is left out. It cannot be sent twice at once. */
export function form(members, submit, ...children) {
  const element = h(
    'form',
    {
      ...members,
      onsubmit: async (event) => {
        event.preventDefault();
        const button = element.querySelector('button:not([type=button])');
        if (button?.disabled) return;
        if (button) button.disabled = true;
        try {
          const fields = [...new FormData(element)].filter(([, value]) => value !== '');
          await submit(Object.fromEntries(fields), element);
        } finally {
          if (button) button.disabled = false;
        }
      },
    },
    ...children,
  );
  return element;
}

export function field(label, input) {
  return h('label', { class: 'field' }, h('span', {}, label), input);
}

export function select(name, options, chosen) {
  return h(
    'select',
    { name },
    options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)),
  );
}

/** A button that asks once more before it does what cannot be undone. */
export function dangerButton(text, question, action) {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'danger',
      onclick: () => {
        if (button.dataset.armed) {
          delete button.dataset.armed;
          button.textContent = text;
          action();
          return;
        }
        button.dataset.armed = 'yes';
        button.textContent = question;
        setTimeout(() => {
          delete button.dataset.armed;
          button.textContent = text;
        }, 4000);
      },
    },
    text,
  );
  return button;
}

/** Labels and values below each other. */
export function facts(rows) {
  return h(
    'dl',
    {},
    rows
      .filter(([, value]) => value !== undefined)
      .map(([label, value]) => [h('dt', {}, label), h('dd', {}, value)]),
  );
}

export function time(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], { hour12: false });
}
