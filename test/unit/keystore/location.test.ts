import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Surroundings } from '../../../src/keystore/location.ts';
import { keystoreLocation } from '../../../src/keystore/location.ts';
import type { TestDirectory } from './fixtures.ts';
import { makeTestDirectory } from './fixtures.ts';

let place: TestDirectory;
let linux: Surroundings;
beforeEach(() => {
  place = makeTestDirectory();
  mkdirSync(place.path);
  linux = { env: {}, cwd: place.path, platform: 'linux', home: '/home/kim' };
});
afterEach(() => place.remove());

const manifest = (content: string): void => writeFileSync(join(place.path, 'package.json'), content);

describe('keystoreLocation', () => {
  it('takes the option before the variable, and both relative to the working directory', () => {
    const where = { ...linux, env: { FAUXKEY_KEYSTORE: 'from-env' } };
    expect(keystoreLocation('from-option', where)).toBe(join(place.path, 'from-option'));
    expect(keystoreLocation(undefined, where)).toBe(join(place.path, 'from-env'));
    expect(keystoreLocation(resolve('/elsewhere'), where)).toBe(resolve('/elsewhere'));
  });

  it('takes an empty option or variable for none', () => {
    const where = { ...linux, env: { FAUXKEY_KEYSTORE: '' } };
    expect(keystoreLocation('', where)).toBe(join('/home/kim', '.local', 'share', 'fauxkey'));
  });

  it('keeps the keys of a checkout in it', () => {
    manifest('{"name":"fauxkey"}');
    expect(keystoreLocation(undefined, linux)).toBe(join(place.path, 'keystore'));
    expect(keystoreLocation(undefined, { ...linux, env: { FAUXKEY_KEYSTORE: '/k' } })).toBe(resolve('/k'));
  });

  it.each(['{"name":"other"}', 'not JSON', 'null', '"fauxkey"'])('knows a checkout from %s', (content) => {
    manifest(content);
    expect(keystoreLocation(undefined, linux)).toBe(join('/home/kim', '.local', 'share', 'fauxkey'));
  });

  it('takes the place of each platform', () => {
    expect(keystoreLocation(undefined, { ...linux, env: { XDG_DATA_HOME: '/data' } })).toBe('/data/fauxkey');
    expect(keystoreLocation(undefined, { ...linux, env: { XDG_DATA_HOME: 'data' } })).toBe(
      '/home/kim/.local/share/fauxkey',
    );
    expect(keystoreLocation(undefined, { ...linux, platform: 'darwin' })).toBe(
      join('/home/kim', 'Library', 'Application Support', 'fauxkey'),
    );
    const windows = { ...linux, platform: 'win32', env: { LOCALAPPDATA: '/appdata' } };
    expect(keystoreLocation(undefined, windows)).toBe(join('/appdata', 'fauxkey'));
    expect(keystoreLocation(undefined, { ...windows, env: {} })).toBe(
      join('/home/kim', 'AppData', 'Local', 'fauxkey'),
    );
  });
});
