import { save } from '../api.js';
import { h, replace } from '../dom.js';

/** What a relying party has to know to trust the key: certificates and the metadata statement. */
export async function showAttestation(panel, main) {
  const { chain, enterpriseChain, metadata, root } = await panel.api.get(panel.path('/attestation'));
  const info = await panel.api.get(panel.path('/info'));
  const part = (title, hint, text, name, type) =>
    h(
      'section',
      { class: 'card' },
      h('h2', {}, title),
      h('p', { class: 'hint' }, hint),
      h(
        'div',
        { class: 'buttons' },
        h(
          'button',
          { type: 'button', class: 'primary', onclick: () => save(new Blob([text], { type }), name) },
          `Download ${name}`,
        ),
        h('button', { type: 'button', onclick: () => navigator.clipboard.writeText(text) }, 'Copy'),
      ),
      h('pre', {}, text),
    );
  const pem = 'application/x-pem-file';
  const json = 'application/json';
  const id = panel.keyId;
  replace(
    main,
    part(
      'Root certificate',
      'The test authority that signs for this key: give it to the relying party as a trust anchor.',
      root,
      `${id}-root.pem`,
      pem,
    ),
    part('Chain', 'What stands behind new credentials.', chain.join(''), `${id}-chain.pem`, pem),
    enterpriseChain &&
      part(
        'Enterprise chain',
        'The certificate of this one key.',
        enterpriseChain.join(''),
        `${id}-enterprise.pem`,
        pem,
      ),
    part(
      'Metadata statement',
      'FIDO Metadata Statement, ready for a relying party’s configuration.',
      JSON.stringify(metadata, null, 2),
      `${id}-metadata.json`,
      json,
    ),
    part(
      'What the key announces',
      'getInfo and what stands behind it.',
      JSON.stringify(info, null, 2),
      `${id}-info.json`,
      json,
    ),
  );
  return {};
}
