import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, keepToken } from '../../../src/app/control-token.ts';
import { UsageError } from '../../../src/ports/errors.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fauxkey-token-'));
  file = join(folder, 'token');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is made once, for its owner alone, and stays', () => {
  const token = keepToken(file);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(keepToken(file)).toBe(token);
  expect(createToken()).not.toBe(token);
});

it('is refused from a file that others may read', () => {
  keepToken(file);
  chmodSync(file, 0o644);
  expect(() => keepToken(file)).toThrow(/chmod 600|may read/);
});

it('is refused where it cannot be', () => {
  writeFileSync(file, 'short', { mode: 0o600 });
  expect(() => keepToken(file)).toThrow(/holds no token/);
  mkdirSync(join(folder, 'directory'));
  expect(() => keepToken(join(folder, 'directory'))).toThrow(UsageError);
  expect(() => keepToken(join(folder, 'missing', 'token'))).toThrow(/cannot be used/);
});
