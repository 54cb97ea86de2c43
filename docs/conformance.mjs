// Writes docs/conformance.md from the citations in the sources and tests. `--check` only tells whether it is current.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs/conformance.md');

/** Sections of CTAP 2.3 that an authenticator over USB has to do with, in our own words. */
const sections = {
  6.1: 'makeCredential',
  6.2: 'getAssertion',
  6.3: 'getNextAssertion',
  6.4: 'getInfo',
  6.5: 'clientPIN',
  6.6: 'reset',
  6.7: 'bioEnrollment',
  6.8: 'credentialManagement',
  6.9: 'selection',
  '6.10': 'largeBlobs',
  6.11: 'config',
  7.1: 'enterprise attestation',
  7.2: 'alwaysUv',
  7.3: 'certifications',
  8: 'message encoding and status codes',
  9: 'mandatory features',
  10: 'U2F interoperability',
  11.2: 'USB HID',
  12.1: 'credProtect',
  12.2: 'credBlob',
  12.3: 'largeBlobKey',
  12.4: 'largeBlob',
  12.5: 'minPinLength',
  12.6: 'pinComplexityPolicy',
  12.7: 'hmac-secret',
  12.8: 'hmac-secret-mc',
  12.9: 'thirdPartyPayment',
};

function filesBelow(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === 'out') return [];
    return statSync(path).isDirectory() ? filesBelow(path) : /\.ts$/.test(name) ? [path] : [];
  });
}

const files = ['src', 'test'].flatMap((folder) => filesBelow(join(root, folder))).sort();
const texts = new Map(files.map((path) => [relative(root, path), readFileSync(path, 'utf8')]));

/** All sections that a text cites, e.g. `CTAP 2.3 §6.1.2 step 5, §8.2`. */
function citations(text) {
  const runs = text.matchAll(/CTAP 2\.3 ((?:§[\d.]*\d(?: steps? \d+(?: (?:to|and) \d+)?)?(?:, | and )?)+)/g);
  return [...runs].flatMap(([, run]) => [...run.matchAll(/§([\d.]*\d)/g)].map(([, section]) => section));
}

/** Tests name the sections of the standard that they are about without repeating its name. */
function testCitations(text) {
  return [...text.matchAll(/(?<!WebAuthn L\d |RFC \d+ )§([\d.]*\d)/g)].map(([, section]) => section);
}

const cited = new Map(
  [...texts].map(([file, text]) => [
    file,
    new Set(file.startsWith('test/') ? testCitations(text) : citations(text)),
  ]),
);

function belongs(section, heading) {
  return section === heading || section.startsWith(`${heading}.`);
}

function citing(prefix, heading) {
  return [...cited]
    .filter(
      ([file, found]) => file.startsWith(prefix) && [...found].some((section) => belongs(section, heading)),
    )
    .map(([file]) => file);
}

function links(paths) {
  return paths.length === 0
    ? '–'
    : paths.map((path) => `[${path.replace(/^(src|test)\//, '')}](../${path})`).join(', ');
}

/** Comments that begin with a marker, joined over their lines. */
function choices(marker) {
  return [...texts]
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([file, text]) => {
      const plain = text.replaceAll(/\n\s*(?:\*|\/\/) ?/g, ' ');
      const found = plain.matchAll(
        new RegExp(`${marker} (§[\\d.]+\\d(?: step \\d+)?): (.+?[.;])(?= |\\n|$|\\*/)`, 'g'),
      );
      return [...found].map(
        ([, section, sentence]) => `- ${section}: ${sentence.trim()} ([${file}](../${file}))`,
      );
    });
}

const rows = Object.keys(sections)
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  .map(
    (section) =>
      `| §${section} ${sections[section]} | ${links(citing('src/', section))} | ${links(citing('test/', section))} |`,
  );

const page = `# Conformance with CTAP 2.3

Made by \`node docs/conformance.mjs\` from the citations in the code; do not edit. A section is implemented where a file
cites it, and shown by the tests that cite it.

| Section | Where | Tests that cite it |
|---|---|---|
${rows.join('\n')}

## Deviations

${choices('DEVIATION').join('\n') || 'None.'}

## Choices where the standard is silent

${choices('SPEC-SILENT').join('\n') || 'None.'}
`;

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== page) {
    console.error('docs/conformance.md is not current: run node docs/conformance.mjs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, page);
}
