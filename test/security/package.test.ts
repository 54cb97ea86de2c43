import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from 'node:process';

import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly publishConfig: unknown;
  readonly scripts: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { version?: string; integrity?: string; resolved?: string }>>;
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

const manifest = json('package.json') as Manifest;

// What is listed is what would be published from this checkout. A release is made from a clean clone.
describe.skipIf(platform === 'win32')('the package', () => {
  let packed: Packed;
  let paths: string[];
  beforeAll(() => {
    const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const output = execFileSync('npm', words, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    packed = (JSON.parse(output) as [Packed])[0];
    paths = packed.files.map(({ path }) => path);
  }, 60_000);

  it('has the program, its types, its pages and what people read first', () => {
    for (const path of [
      'bin/fauxkey.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/main.js',
      'packaging/70-fauxkey.rules',
      'packaging/fauxkey.conf',
      'packaging/fauxkey.service',
      'README.md',
      'LICENSE',
    ])
      expect(paths).toContain(path);
  });

  it('has no tests, sources, keys, stores, maps or other things of a checkout', () => {
    const foreign =
      /(^|\/)(test|tests|src|docs|examples|coverage|keystore|node_modules|\.ci|\.git)\/|\.(map|mdb|key|pem|log|sock|pcapng|tsbuildinfo|tgz)$|(^|\/)\.env/;
    // The keystore's own program is in dist/keystore.
    expect(paths.filter((path) => foreign.test(path.replace(/^dist\/keystore\//, 'dist/')))).toEqual([]);
    const first = new Set(paths.map((path) => path.split('/')[0]));
    expect(
      [...first].filter((name) => !['package.json', 'README.md', 'LICENSE'].includes(name ?? '')),
    ).toEqual(expect.arrayContaining(['bin', 'dist', 'CHANGELOG.md']));
    expect(
      [...first].filter(
        (name) => !/^(bin|dist|packaging|panel|extension|[A-Z]+(\.md)?|package\.json)$/.test(name ?? ''),
      ),
    ).toEqual([]);
  });

  it('has nothing in it that looks like a secret, or points out of it', () => {
    for (const path of paths.filter((name) => /\.(js|json|html|css|md)$/.test(name))) {
      const text = readFileSync(join(root, path), 'utf8');
      expect(text, path).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]/);
      expect(text, path).not.toMatch(/\/(home|root|Users|work)\/[a-z]+\//);
    }
  });

  it('is as small as the documentation says', () => {
    expect(packed.size).toBeLessThan(1_200_000);
    expect(packed.unpackedSize).toBeLessThan(4_500_000);
  });

  it('runs no script when it is installed, and is published with provenance', () => {
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts).not.toHaveProperty(name);
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  });
});

describe('dependencies', () => {
  const lock = json('package-lock.json') as Lock;

  it('are pinned by the lock file, each with a hash', () => {
    const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(installed.length).toBeGreaterThan(100);
    const loose = installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
    expect(loose.map(([path]) => path)).toEqual([]);
    for (const name of Object.keys(manifest.dependencies))
      expect(lock.packages).toHaveProperty([`node_modules/${name}`]);
  });

  it('come from a registry, never from a repository or a file', () => {
    for (const [path, { resolved }] of Object.entries(lock.packages))
      if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\//);
    for (const range of Object.values(manifest.dependencies)) expect(range).toMatch(/^[\^~]?\d+\.\d+\.\d+$/);
  });
});
