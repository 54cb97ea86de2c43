import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeExtension } from '../../../src/app/extension-info.ts';
import { execute, FakeApp } from './support.ts';

const pairing = {
  url: 'http://127.0.0.1:7111',
  pairing: 'http://127.0.0.1:7111/#abcdefgh',
  keys: ['default', 'work'],
};

describe('fauxkey extension', () => {
  it('prints the folder, and how to get a pairing string when nothing runs', async () => {
    const { code, out } = await execute('extension');
    expect(code).toBe(0);
    expect(out).toContain('Folder        /somewhere/extension\n');
    expect(out).toContain('fauxkey start --control');
  });

  it('prints a pairing string for each server that runs', async () => {
    const app = new FakeApp();
    app.extension = { ...app.extension, pairings: [pairing] };
    const { out } = await execute('extension', { app });
    expect(out).toContain('Pair it with  http://127.0.0.1:7111/#abcdefgh  (default, work)\n');
    const { out: json } = await execute('extension --json', { app });
    expect(JSON.parse(json)).toEqual(app.extension);
  });

  it('knows the folder of this package', async () => {
    const { folder } = await describeExtension();
    expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
  });
});
