import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLinesOf, refusalOf } from './command-lines.ts';

const root = join(import.meta.dirname, '..', '..');

function filesBelow(folder: string, suffix: RegExp): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter(
      (entry) => entry.isFile() && suffix.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const documents = [
  'README.md',
  'SECURITY.md',
  ...filesBelow('docs', /\.md$/),
  ...filesBelow('examples', /\.(md|yml|sh)$|^Containerfile$/),
  ...filesBelow('packaging', /\.(rules|service|conf)$/),
];

async function problemsOf(path: string): Promise<string[]> {
  const found = commandLinesOf(readFileSync(join(root, path), 'utf8'), path.endsWith('.md'));
  const told = await Promise.all(
    found.map(async (command) => {
      const refusal = await refusalOf(command);
      return refusal === undefined ? [] : [`${path}:${command.line}: ${command.words.join(' ')}: ${refusal}`];
    }),
  );
  return told.flat();
}

describe('every command line of this program', () => {
  it.each(documents)('in %s is one that it takes', async (path) => {
    expect(await problemsOf(path)).toEqual([]);
  });

  it('is found', () => {
    const found = (path: string) =>
      commandLinesOf(readFileSync(join(root, path), 'utf8'), path.endsWith('.md')).length;
    expect(found('README.md')).toBeGreaterThan(30);
    expect(found('docs/ci.md')).toBeGreaterThan(6);
    expect(found('docs/usbip.md')).toBeGreaterThan(6);
    expect(found('packaging/fauxkey.service')).toBeGreaterThan(0);
    expect(found('examples/ci/with-key.sh')).toBeGreaterThan(0);
  });
});

describe('the reader of documents', () => {
  const words = (text: string) => commandLinesOf(text, true).map((command) => command.words.join(' '));

  it.each([
    ['`fauxkey doctor` says why', ['doctor']],
    ['`fauxkey doctor --fix` mends it', ['doctor --fix']],
    ['plain fauxkey start --nonsense', []],
    ['```sh\njournalctl --user -u fauxkey    what went wrong\n```', []],
    ['```sh\n# fauxkey extension     its address\n```', ['extension']],
    ['| `fauxkey pin set\\|change` | … |', ['pin set', 'pin change']],
    ['```sh\n$ sudo fauxkey attach HOST:PORT --busid 1-2   # one\n```', ['attach HOST:PORT --busid 1-2']],
    ['```sh\nfauxkey detach && fauxkey attach || break\n```', ['detach', 'attach']],
    ['```sh\nfauxkey start --keystore "$(mktemp -d)" >"$x" &\n```', ['start --keystore $(mktemp -d)']],
    ['```sh\nx --y="$(fauxkey extension --json | jq -r .folder)"\n```', ['extension --json']],
    ["```sh\nnpx fauxkey set ID --user 'a b'\n```", ['set ID --user a b']],
  ])('sees in %j what there is', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each([
    [['nonsense'], 'unknown command'],
    [['start', '--nonsense'], 'unknown option'],
    [['start', '--consent', 'maybe'], 'ask, auto, deny, ignore'],
    [['pin', 'nonsense'], 'unknown command'],
    [['show'], 'missing required argument'],
  ])('knows that %j is wrong', async (given, text) => {
    expect(await refusalOf({ line: 1, words: given, isMention: false })).toContain(text);
  });
});
