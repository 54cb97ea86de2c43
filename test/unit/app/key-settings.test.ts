import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../../src/app/api-start.ts';
import { profileOf } from '../../../src/app/key-settings.ts';
import { typedPinUv } from '../../../src/authenticator/default-profile.ts';
import { findPreset } from '../../../src/authenticator/presets.ts';

const options: StartOptions = {
  key: 'default',
  memory: true,
  transports: ['auto'],
  consent: 'auto',
  delayMs: 0,
  uv: false,
  verbose: false,
  usb: {},
};

describe('the profile of a command line', () => {
  it('is the complete key, or what --profile names', () => {
    expect(profileOf(options)).toMatchObject({ name: 'complete', changed: false });
    const profile = findPreset('u2f')?.profile;
    expect(profileOf({ ...options, profile: 'u2f' })).toEqual({ name: 'u2f', changed: false, profile });
  });

  it('has what the other options say', () => {
    const aaguid = new Uint8Array(16).fill(1);
    const changes = { versions: ['FIDO_2_0'], algorithms: [-8], counter: 'zero', aaguid } as const;
    expect(profileOf({ ...options, ...changes, profile: 'ctap2.1' })).toMatchObject({
      name: 'ctap2.1',
      changed: true,
      profile: { ...changes, maxDiscoverableCredentials: 25 },
    });
  });

  it.each([
    ['none', 'none'],
    ['self', 'packed-self'],
    ['basic', 'packed'],
    ['u2f', 'fido-u2f'],
  ] as const)('attests by --attestation %s with %s', (attestation, kind) => {
    expect(profileOf({ ...options, attestation })).toMatchObject({
      changed: true,
      profile: { attestation: kind },
    });
  });

  it('gets a keypad by --uv, unless it verifies its user by itself already', () => {
    expect(profileOf({ ...options, uv: true })).toMatchObject({
      changed: true,
      profile: { builtInUv: typedPinUv },
    });
    expect(profileOf({ ...options, uv: true, profile: 'fingerprint' })).toMatchObject({
      changed: false,
      profile: { builtInUv: { modality: 'fingerprint' } },
    });
  });
});
