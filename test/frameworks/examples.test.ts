import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executablePath } from '../support/chromium.ts';

const root = resolve(import.meta.dirname, '../..');
// The examples import the package by its name, as users do, and so need it built; `npm test` does that first.
const isBuilt = existsSync(join(root, 'dist/frameworks/playwright.js'));

interface Attachment {
  readonly name: string;
  readonly body?: string;
}

interface Spec {
  readonly title: string;
  readonly tests: readonly {
    readonly annotations: readonly { readonly type: string; readonly description?: string }[];
    readonly results: readonly { readonly status: string; readonly attachments: readonly Attachment[] }[];
  }[];
}

interface Suite {
  readonly file: string;
  readonly specs: readonly Spec[];
  readonly suites?: readonly Suite[];
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a tool of the checkout prints, whatever its exit code. */
function run(tool: string, parameters: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Output> {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
  return new Promise((done) => {
    const command = [join(root, 'node_modules', tool), ...parameters];
    execFile(process.execPath, command, options, (_, stdout, stderr) => done({ stdout, stderr }));
  });
}

function specsOf(suites: readonly Suite[], folder: string): readonly Spec[] {
  return suites
    .filter(({ file }) => file.startsWith(folder))
    .flatMap(({ specs, suites: inner = [] }) => [...specs, ...specsOf(inner, folder)]);
}

const resultOf = ({ tests }: Spec) => tests[0]?.results[0];

describe.skipIf(!isBuilt || !existsSync(executablePath))('the example for Playwright', () => {
  let output: string;
  let suites: readonly Suite[];

  beforeAll(async () => {
    output = await mkdtemp(join(tmpdir(), 'fauxkey-playwright-'));
    const config = join(import.meta.dirname, 'reports/playwright.config.ts');
    const { stdout } = await run('@playwright/test/cli.js', ['test', '--config', config], {
      FAUXKEY_TEST_OUTPUT: output,
    });
    ({ suites } = JSON.parse(stdout) as { suites: readonly Suite[] });
  }, 120_000);
  afterAll(() => rm(output, { recursive: true, force: true }));

  it('passes', () => {
    const specs = specsOf(suites, 'examples/');
    expect(specs.map((spec) => [spec.title, resultOf(spec)?.status])).toEqual(
      specs.map(({ title }) => [title, 'passed']),
    );
    expect(specs).toHaveLength(7);
  });

  it('says in the report which mode it is in, and why', () => {
    const notes = specsOf(suites, 'examples/').map(({ tests }) => tests[0]?.annotations);
    const note = { type: 'fauxkey', description: 'page mode: the configuration asks for it.' };
    expect(notes.every((own) => own?.some(({ description }) => description === note.description))).toBe(true);
  });

  it('attaches the trace of a test that fails, and of no other', () => {
    const attached = (spec: Spec | undefined) =>
      (spec && resultOf(spec)?.attachments)?.filter(({ name }) => name.startsWith('fauxkey')) ?? [];
    const [failed] = specsOf(suites, 'test/');
    const files = attached(failed);
    expect(files.map(({ name }) => name)).toEqual([
      'fauxkey-trace.txt',
      'fauxkey-trace.jsonl',
      'fauxkey-trace.pcapng',
    ]);
    const text = Buffer.from(files[0]?.body ?? '', 'base64').toString();
    expect(text).toContain('fault ctap.signature');
    expect(text).toMatch(/ms {2}makeCredential example\.com alice → OK/);
    expect(specsOf(suites, 'examples/').flatMap(attached)).toEqual([]);
  });
});

describe.skipIf(!isBuilt)('the example for Vitest', () => {
  it('passes', async () => {
    const { stdout } = await run('vitest/vitest.mjs', [
      'run',
      '--root',
      'examples/vitest',
      '--reporter',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: 3 });
  }, 60_000);

  it('shows the trace of a test that fails', async () => {
    const folder = join(import.meta.dirname, 'reports');
    const parameters = ['run', '--root', folder, '--config', join(folder, 'vitest.config.ts')];
    const { stderr, stdout } = await run('vitest/vitest.mjs', parameters, { NO_COLOR: '1' });
    expect(stdout + stderr).toMatch(/makeCredential example\.com alice → OK/);
  }, 60_000);
});
