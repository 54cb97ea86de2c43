import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseMode } from '../../src/frameworks/key-mode.ts';
import { UsageError } from '../../src/ports/errors.ts';

let folder: string;
let device: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fauxkey-mode-'));
  device = join(folder, 'uhid');
  writeFileSync(device, '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const question = { wanted: undefined, browserName: 'chromium', workers: 1 } as const;

it('takes HID where the device can be opened', () => {
  expect(chooseMode({ ...question, device }).mode).toBe('hid');
  expect(chooseMode({ ...question, device, wanted: 'hid' }).mode).toBe('hid');
  expect(chooseMode({ ...question, device, wanted: 'page' })).toEqual({
    mode: 'page',
    reason: 'the configuration asks for it.',
  });
});

it.each([
  [{ device: '/nowhere/uhid' }, /has no \/nowhere\/uhid/],
  [{ workers: 4 }, /4 workers would see each other/],
  [{ browserName: 'webkit' }, /WebKit/],
])('says what stands in the way of HID: %j', (change, reason) => {
  const asked = { ...question, device, ...change };
  expect(chooseMode(asked)).toMatchObject({ mode: 'page', reason: expect.stringMatching(reason) as string });
  expect(() => chooseMode({ ...asked, wanted: 'hid' })).toThrow(UsageError);
});

it.skipIf(process.getuid?.() === 0)('names a permission that is missing', () => {
  chmodSync(device, 0o400);
  expect(chooseMode({ ...question, device }).reason).toMatch(/fauxkey doctor/);
});
