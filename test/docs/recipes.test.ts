import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKey } from '../../src/app/create-key.ts';
import { listUsbip } from '../support/usbip-client.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'examples/ci');
const recipes = readdirSync(folder).filter((name) => name.endsWith('.yml'));

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function works(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0;
}

/** A recipe as data, by the reader of somebody else. */
function parseYaml(name: string): unknown {
  const script = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
  const { stdout, stderr } = spawnSync('python3', ['-c', script], {
    input: read(`examples/ci/${name}`),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/** All texts of the lists and members called `run` and `script`, which a shell will get. */
function scriptsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (!/^(run|script|before_script)$/.test(name)) return scriptsOf(inner);
    return Array.isArray(inner) ? [inner.join('\n')] : [String(inner)];
  });
}

function syntaxOf(script: string): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
  return { status, stderr };
}

describe.skipIf(!works('python3', '-c', 'import yaml'))('the recipes', () => {
  it.each(recipes)('%s is YAML, with scripts that a shell can read', (name) => {
    const scripts = scriptsOf(parseYaml(name));
    expect(scripts.length).toBeGreaterThan(3);
    for (const script of scripts) expect(syntaxOf(script)).toEqual({ status: 0, stderr: '' });
  });

  it('have the same three jobs, each with steps', () => {
    const github = parseYaml('github-actions.yml') as {
      jobs: Record<string, { 'runs-on': string; steps: Record<string, unknown>[] }>;
    };
    const gitlab = parseYaml('gitlab-ci.yml') as Record<string, { script?: string[] }>;
    const jobs = ['in-the-page', 'usb-device', 'over-a-stream'].toSorted();
    expect(Object.keys(github.jobs).toSorted()).toEqual(jobs);
    expect(
      Object.keys(gitlab)
        .filter((name) => name !== 'default')
        .toSorted(),
    ).toEqual(jobs);
    for (const { steps } of Object.values(github.jobs))
      for (const step of steps) expect(['uses', 'run'].filter((kind) => kind in step)).toHaveLength(1);
  });
});

describe.skipIf(process.platform === 'win32')('with-key.sh', () => {
  const run = (start: string, ...command: readonly string[]) =>
    spawnSync('sh', [join(folder, 'with-key.sh'), ...command], {
      encoding: 'utf8',
      timeout: 60_000,
      env: {
        ...process.env,
        FAUXKEY: `${process.execPath} ${join(root, 'bin/fauxkey.js')}`,
        FAUXKEY_START: start,
      },
    });

  it('runs a command while the key is there, and gives its exit code', { timeout: 60_000 }, () => {
    const place = mkdtempSync(join(tmpdir(), 'fauxkey-ci-'));
    onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const socket = join(place, 'key.sock');
    const done = run(`--transport unix:${socket}`, 'sh', '-c', `test -S ${socket} && echo there; exit 3`);
    expect([done.stdout, done.status]).toEqual(['there\n', 3]);
    expect(existsSync(socket)).toBe(false);
  });

  it('runs nothing when the key does not start', { timeout: 60_000 }, () => {
    const done = run('--transport nonsense', 'echo', 'there');
    expect([done.stdout, done.status]).toEqual(['', 1]);
    expect(done.stderr).toContain('is no transport');
  });
});

describe('the ids that pass a snap', () => {
  const rows = [...read('docs/browsers.md').matchAll(/^\| `([\da-f]{4})` \| (`[\da-f]{4}`[^|]*)\|/gm)];
  const ids = rows.flatMap(([, vendor = '', products = '']) =>
    [...products.matchAll(/`([\da-f]{4})`/g)].map(([, product = '']) => `${vendor}:${product}`),
  );

  it('are in the table', () => {
    expect(ids.length).toBeGreaterThan(8);
    expect(ids).toContain('1209:beee');
  });

  it.each(ids)('%s is what the USB device of a key says on demand', async (id) => {
    const [vendorId = 0, productId = 0] = id.split(':').map((part) => Number.parseInt(part, 16));
    const key = createKey({ identity: { vendorId, productId } });
    const usb = await key.attach('usbip:127.0.0.1:0');
    try {
      expect(await listUsbip(usb.address)).toMatchObject([{ vendorId, productId }]);
    } finally {
      await usb.close();
    }
  });
});
