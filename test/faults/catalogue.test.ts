import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderFaults } from '../../docs/faults-page.mjs';
import { faultCatalogue } from '../../src/faults/faults.ts';
import { parseRule } from '../../src/faults/parse-rule.ts';
import { faultDefinitions } from '../../src/faults/catalogue/definitions.ts';

const root = join(import.meta.dirname, '../..');
const names = faultCatalogue.map(({ name }) => name);

describe('the catalogue', () => {
  it('is what docs/faults.md says', () => {
    expect(readFileSync(join(root, 'docs/faults.md'), 'utf8')).toBe(renderFaults(faultCatalogue));
  });

  it('is data', () => {
    expect(JSON.parse(JSON.stringify(faultCatalogue))).toEqual(faultCatalogue);
  });

  it('names each fault once, after its level', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const { level, name } of faultCatalogue) {
      // A U2F status is an answer like those of CTAP.
      expect(name).toMatch(new RegExp(`^${level}\\.[a-z0-9]+(-[a-z0-9]+)*$`));
    }
  });

  it('tells everything of each in whole sentences', () => {
    for (const { does, expect: expected, outcome, parameters } of faultCatalogue) {
      for (const text of [does, expected, outcome, ...parameters.map(({ doc }) => doc)]) {
        expect(text).toMatch(/^\S.{9,}[.)”]$/s);
      }
    }
  });

  it('has defaults that a rule may have', () => {
    for (const fault of names) expect(parseRule(faultDefinitions, { fault }).definition).toBeDefined();
  });

  it('has every fault of the list that it was made from', () => {
    expect(names).toEqual([
      'ctap.status',
      'ctap.u2f-status',
      'ctap.signature',
      'ctap.rp-id-hash',
      'ctap.flag',
      'ctap.counter',
      'ctap.aaguid',
      'ctap.credential-id',
      'ctap.user-handle',
      'ctap.extension-output',
      'ctap.cbor-not-canonical',
      'ctap.cbor-truncated',
      'ctap.unknown-member',
      'attestation.signature',
      'attestation.expired',
      'attestation.foreign',
      'attestation.aaguid',
      'attestation.format',
      'ctaphid.lost',
      'ctaphid.doubled',
      'ctaphid.reordered',
      'ctaphid.delayed',
      'ctaphid.wrong-channel',
      'ctaphid.wrong-sequence',
      'ctaphid.no-keep-alive',
      'ctaphid.endless-keep-alive',
      'ctaphid.error',
      'ctaphid.busy',
      'usb.unplug',
      'usb.replug',
      'storage.full',
      'storage.failing',
    ]);
  });
});

it('is unknown to the core', () => {
  const rooms = [
    'cbor',
    'cose',
    'ctap',
    'ctaphid',
    'authenticator',
    'attestation',
    'crypto',
    'keystore',
    'consent',
    'transports',
  ];
  const sources = rooms.flatMap((room) =>
    readdirSync(join(root, 'src', room), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => ({ path: join(room, path), text: readFileSync(join(root, 'src', room, path), 'utf8') })),
  );
  expect(sources.length).toBeGreaterThan(150);
  const told = sources.filter(({ text }) => /\b(faults?|misbehav\w+|sabotag\w+)\b|port-wrappers/i.test(text));
  expect(told.map(({ path }) => path)).toEqual([]);
});
