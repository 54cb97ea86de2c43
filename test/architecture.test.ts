import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../src');

/** Rooms and what they may import from; `types` are rooms that may be imported as types only. */
const rules: Record<string, { readonly from: readonly string[]; readonly types?: readonly string[] }> = {
  asn1: { from: [] },
  cbor: { from: [] },
  cose: { from: ['cbor'] },
  ctap: { from: ['cbor', 'cose'] },
  ports: { from: [], types: ['cbor', 'cose', 'ctap'] },
  ctaphid: { from: ['ports'] },
  authenticator: { from: ['ctap', 'cose', 'cbor', 'ports'] },
  attestation: { from: ['asn1', 'ctap', 'cose', 'cbor', 'ports'] },
  crypto: { from: ['asn1', 'ports', 'cose'] },
  keystore: { from: ['ports', 'ctap', 'cose', 'cbor'] },
  consent: { from: ['ports'] },
  transports: { from: ['ports'] },
  faults: { from: ['attestation', 'cbor', 'ctap', 'ctaphid', 'ports'] },
  trace: { from: ['cbor', 'cose', 'ctap', 'ctaphid', 'ports'] },
  client: { from: ['asn1', 'ctap', 'cose', 'cbor', 'ctaphid', 'ports'] },
  control: { from: ['ports', 'cose', 'cbor', 'ctap'], types: ['consent', 'faults', 'trace'] },
  frameworks: { from: ['app', 'client', 'consent', 'control', 'ctap', 'faults', 'ports', 'trace'] },
  check: { from: ['asn1', 'attestation', 'cbor', 'client', 'cose', 'ctap', 'ctaphid', 'ports'] },
  app: { from: ['*'] },
  cli: { from: ['app', 'check', 'client', 'control', 'consent', 'cbor', 'cose', 'ctap', 'ports', 'trace'] },
};

/** Rooms that also have to run where there is no Node.js, and may not look at time or chance themselves. */
const pureRooms = [
  'asn1',
  'cbor',
  'cose',
  'ctap',
  'ports',
  'ctaphid',
  'authenticator',
  'attestation',
  'crypto/noble',
  'faults',
  'trace',
];

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

const files = filesBelow(root).filter((path) => path.endsWith('.ts'));
const sources = new Map(files.map((path) => [relative(root, path), readFileSync(path, 'utf8')]));

function importsOf(file: string, source: string): Import[] {
  const pattern =
    /(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gm;
  return [...source.matchAll(pattern)].map((match) => ({
    file,
    target: match[2] ?? match[3] ?? match[4] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}

/** Source without comments and template strings, where words are not code. */
function codeOf(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/`[^`]*`/g, '');
}

const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));
const roomOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : 'index');
const targetFile = ({ file, target }: Import): string => relative(root, resolve(root, dirname(file), target));

describe('the architecture', () => {
  it('reads real imports', () => {
    expect(imports.length).toBeGreaterThan(200);
    expect(new Set(files.map((path) => roomOf(relative(root, path))))).toEqual(
      new Set([...Object.keys(rules), 'index']),
    );
  });

  it('lets each room import only what its rule allows', () => {
    const broken = imports
      .filter(({ file, target }) => target.startsWith('.') && roomOf(file) !== 'index')
      .filter((found) => {
        const [own, other] = [roomOf(found.file), roomOf(targetFile(found))];
        const rule = rules[own];
        if (own === other || rule?.from.includes('*') || rule?.from.includes(other)) return false;
        return !(found.typeOnly && rule?.types?.includes(other));
      })
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(broken).toEqual([]);
  });

  it('has no cycles of values between files', () => {
    const graph = new Map<string, string[]>();
    for (const found of imports) {
      if (!found.target.startsWith('.') || found.typeOnly) continue;
      graph.set(found.file, [...(graph.get(found.file) ?? []), targetFile(found)]);
    }
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keeps Node.js, time and chance out of the pure rooms', () => {
    const pure = [...sources].filter(([file]) => pureRooms.some((room) => file.startsWith(`${room}/`)));
    const uses =
      /from 'node:|import\('node:|\bsetTimeout\b|\bsetInterval\b|\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bgetRandomValues\b|\bprocess\.|\bBuffer\./;
    expect(pure.length).toBeGreaterThan(40);
    expect(pure.filter(([, source]) => uses.test(source)).map(([file]) => file)).toEqual([]);
  });

  it('leaves process and console to the command line and the composition root', () => {
    const others = [...sources].filter(([file]) => !['cli', 'app'].includes(roomOf(file)));
    expect(
      others
        .filter(([, source]) =>
          /\bprocess\.(env|std\w+|exit|argv|platform|pid|kill|on)\b|\bconsole\./.test(codeOf(source)),
        )
        .map(([file]) => file),
    ).toEqual([]);
  });
});
