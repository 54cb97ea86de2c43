// Writes docs/conformance.md from the citations in the sources and tests. `--check` only tells whether it is current.
// Either way it fails for a section that no source or no test cites.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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
  6.12: 'prototypes of bioEnrollment and credentialManagement',
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

/** The parts of WebAuthn Level 3 that a key and its client are made of. */
const webAuthnSections = {
  '5.1.3': 'creating a credential, on the side of the client',
  '5.1.4': 'signing in, on the side of the client',
  '5.8.5': 'algorithm identifiers',
  6.1: 'authenticator data',
  '6.5.5': 'signature formats',
  8.2: 'packed attestation and its certificates',
  8.6: 'fido-u2f attestation',
  8.7: 'none attestation',
  '10.1.4': 'prf',
  '10.1.5': 'largeBlob',
};

function filesBelow(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === 'out') return [];
    return statSync(path).isDirectory() ? filesBelow(path) : /\.ts$/.test(name) ? [path] : [];
  });
}

/** The rooms that implement the standards; the others only talk about them. */
const rooms = [
  ...[
    'asn1',
    'attestation',
    'authenticator',
    'cbor',
    'client',
    'consent',
    'cose',
    'crypto',
    'ctap',
    'ctaphid',
  ],
  ...['keystore', 'ports', 'transports'],
];
const folders = [
  ...rooms.flatMap((room) => [`src/${room}`, `test/unit/${room}`]),
  ...['interop', 'matrix', 'property', 'protocol'].map((kind) => `test/${kind}`),
];

const files = folders
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => filesBelow(join(root, folder)))
  .sort();
const texts = new Map(files.map((path) => [relative(root, path), readFileSync(path, 'utf8')]));

/** All sections of a standard that a text cites, e.g. `CTAP 2.3 §6.1.2 step 5, §8.2`. */
function citations(text, standard) {
  const runs = text.matchAll(
    new RegExp(`${standard} ((?:§[\\d.]*\\d(?: steps? \\d+(?: (?:to|and) \\d+)?)?(?:, | and )?)+)`, 'g'),
  );
  return [...runs].flatMap(([, run]) => [...run.matchAll(/§([\d.]*\d)/g)].map(([, section]) => section));
}

/** Tests name the sections of CTAP that they are about without repeating its name. */
function testCitations(text) {
  const others =
    /(?:WebAuthn L\d|RFC \d+|raw messages|Statement [\d.]+|Values [\d.]+) §[\d.]*\d(?:, §[\d.]*\d)*/g;
  return [...text.replaceAll(others, '').matchAll(/§([\d.]*\d)/g)].map(([, section]) => section);
}

const ctap = new Map(
  [...texts].map(([file, text]) => [
    file,
    new Set(file.startsWith('test/') ? testCitations(text) : citations(text, 'CTAP 2\\.3')),
  ]),
);
const webAuthn = new Map([...texts].map(([file, text]) => [file, new Set(citations(text, 'WebAuthn L3'))]));

function belongs(section, heading) {
  return section === heading || section.startsWith(`${heading}.`);
}

function citing(cited, prefix, heading) {
  return [...cited]
    .filter(
      ([file, found]) => file.startsWith(prefix) && [...found].some((section) => belongs(section, heading)),
    )
    .map(([file]) => file);
}

const bySection = (a, b) => a.localeCompare(b, 'en', { numeric: true });

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

/** What no source or no test cites: a section of which nobody knows where it is, or whether it works. */
const gaps = [];

function table(headings, cited, standard) {
  const rows = Object.keys(headings)
    .sort(bySection)
    .map((section) => {
      const [sources, tests] = [citing(cited, 'src/', section), citing(cited, 'test/', section)];
      if (sources.length === 0) gaps.push(`no source cites ${standard} §${section} (${headings[section]})`);
      if (tests.length === 0) gaps.push(`no test cites ${standard} §${section} (${headings[section]})`);
      return `| §${section} ${headings[section]} | ${links(sources)} | ${links(tests)} |`;
    });
  return ['| Section | Where | Tests that cite it |', '|---|---|---|', ...rows].join('\n');
}

/** The subsections that sources cite, each with the files that name exactly it. */
function subsections(headings, cited) {
  const found = new Set([...cited].flatMap(([file, some]) => (file.startsWith('src/') ? [...some] : [])));
  const rows = [...found]
    .filter(
      (section) =>
        !(section in headings) && Object.keys(headings).some((heading) => belongs(section, heading)),
    )
    .sort(bySection)
    .map((section) => {
      const [sources, tests] = [citing(cited, 'src/', section), citing(cited, 'test/', section)];
      const heading = Object.keys(headings).find((name) => belongs(section, name));
      return `| §${section} | ${links(sources)} | ${tests.length > 0 ? links(tests) : `as §${heading}`} |`;
    });
  return ['| Subsection | Where | Tests that name it |', '|---|---|---|', ...rows].join('\n');
}

const page = `# Conformance with CTAP 2.3 and WebAuthn Level 3

Made by \`node docs/conformance.mjs\` from the citations in the code; do not edit. A section is implemented where a file
cites it, and shown by the tests that cite it. A section without a source or a test fails the check, and so does a page that
is not current.

## CTAP 2.3

${table(sections, ctap, 'CTAP 2.3')}

§6.1 to §6.11 are also shown by what is about all of them: [malformed requests](../test/protocol/malformed-subcommands.test.ts)
for every member of every subcommand, the [matrices](../test/matrix), and [other people's clients](../test/interop).

### Subsections

${subsections(sections, ctap)}

## WebAuthn Level 3

${table(webAuthnSections, webAuthn, 'WebAuthn L3')}

## Deviations

${choices('DEVIATION').join('\n') || 'None.'}

## Choices where the standard is silent

${choices('SPEC-SILENT').join('\n') || 'None.'}

Readings of the standard that differ between sources are in [spec-notes.md](spec-notes.md).
`;

const problems = [...gaps];
if (!process.argv.includes('--check')) writeFileSync(target, page);
else if (readFileSync(target, 'utf8') !== page) {
  problems.push('docs/conformance.md is not current: run node docs/conformance.mjs');
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
