// The text of docs/faults.md, from the catalogue.

const levels = {
  ctap: ['CTAP', 'What the key answers. Signatures stay good unless the fault is the signature.'],
  attestation: ['Attestation', 'Seen by pages that ask for attestation (`attestation: "direct"`).'],
  ctaphid: ['CTAPHID', 'The packets between host and key.'],
  usb: ['USB', 'The plug.'],
  storage: ['Storage', 'The disk under the key.'],
};

const introduction = `# Faults

A key that misbehaves on request. A fault is put in force as a rule: its name, its parameters, and the requests that it
concerns. In a test:

\`\`\`ts
import { createFaults, createKey, systemClock, systemRandom } from 'fauxkey';

const faults = createFaults({ clock: systemClock, random: systemRandom });
const key = createKey({ wrap: faults.wrap });
faults.add({ fault: 'ctap.counter', parameters: { how: 'back' }, scope: { next: 1, rpId: 'example.com' } });
\`\`\`

Over the control server the same rule is JSON, sent to \`/keys/{id}/faults\`; \`GET /faults\` is this page as data.

**Scope.** \`next\`: so many requests, then the rule is gone. \`rpId\`: only requests for this RP. \`command\`: only this command, or
\`any\`. All that is given has to hold; without \`next\` the rule stays until it is removed. Without \`command\` a fault concerns the
commands that are listed with it, usually registration and sign-in: never the silent requests by which browsers look for a
credential (\`silentAssertion\`, \`u2fCheckOnly\`), and not getInfo or clientPin, unless the rule names them. A rule that finds
nothing to spoil in a request is not spent on it. Several rules may concern one request; they act in the order in which they
were added.

**What stays.** A fault changes what a request is answered with, never what the key holds, except where its text says so. The
true counter goes on underneath.

**Bytes** in parameters are base64url without padding.

This page is made from the catalogue by \`docs/faults.mjs\`.
`;

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|');
}

/** @param {any} parameter */
function typeOf(parameter) {
  switch (parameter.type) {
    case 'integer':
      return `${parameter.minimum} to ${parameter.maximum}`;
    case 'choice':
      return parameter.choices.map((/** @type {string} */ choice) => `\`${choice}\``).join(', ');
    case 'bytes':
      return parameter.length === undefined ? 'bytes' : `${parameter.length} bytes`;
    case 'code':
      return `${parameter.minimum} to ${parameter.maximum}, or a name: ${Object.keys(parameter.names)
        .map((name) => `\`${name}\``)
        .join(', ')}`;
    default:
      return parameter.type;
  }
}

/** @param {any} parameter */
function row(parameter) {
  const value = parameter.default === undefined ? '' : `\`${parameter.default}\``;
  return `| \`${parameter.name}\` | ${cell(typeOf(parameter))} | ${value} | ${cell(parameter.doc)} |`;
}

/** @param {any} fault */
function section({ commands, does, expect, name, outcome, parameters }) {
  const table =
    parameters.length === 0
      ? []
      : ['| parameter | values | unless given | |', '| --- | --- | --- | --- |', ...parameters.map(row), ''];
  return [
    `### ${name}`,
    '',
    does,
    '',
    `- **Expect**: ${expect}`,
    `- **It shows as**: ${outcome}`,
    `- **Commands**: ${commands.join(', ')}`,
    '',
    ...table,
  ].join('\n');
}

/**
 * The whole page.
 * @param {readonly any[]} catalogue
 */
export function renderFaults(catalogue) {
  const parts = Object.entries(levels).map(([level, [title, text]]) => {
    const faults = catalogue.filter((fault) => fault.level === level);
    return [`## ${title}`, '', text, '', ...faults.map(section)].join('\n');
  });
  return `${[introduction, ...parts].join('\n').trimEnd()}\n`;
}
