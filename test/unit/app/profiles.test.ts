import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKey } from '../../../src/app/create-key.ts';
import { describeProfile } from '../../../src/app/describe-profile.ts';
import { nameProfile } from '../../../src/app/named-profile.ts';
import { profileDocument } from '../../../src/app/profile-document.ts';
import { parseProfile } from '../../../src/app/profile-file.ts';
import { changeProfile, presetNames, resolveProfile } from '../../../src/app/profile-settings.ts';
import { defaultProfile } from '../../../src/authenticator/default-profile.ts';
import { presets } from '../../../src/authenticator/presets.ts';
import { checkProfile } from '../../../src/authenticator/profile-rules.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';

const crypto = createNodeCrypto();

function profileFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'fauxkey-profile-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'profile.json');
  writeFileSync(path, text);
  return path;
}

describe.each(presets)('the preset $name', ({ name, profile, summary }) => {
  // ML-DSA is missing from older OpenSSL, and the preset with it.
  const usable = profile.algorithms.every((algorithm) => crypto.algorithms.includes(algorithm));

  it.runIf(usable)('can exist, and be built', () => {
    expect(checkProfile(profile, crypto)).toEqual([]);
    expect(createKey({ profile: name }).profile).toEqual(profile);
  });

  it('survives being printed and read again', () => {
    const printed = JSON.stringify(profileDocument(profile));
    expect(nameProfile(profileFile(printed)).profile).toStrictEqual(profile);
    expect(resolveProfile({ ...parseProfile(JSON.parse(printed)), extends: 'u2f' })).toStrictEqual(profile);
  });

  it('has one sentence', () => {
    expect(summary).toMatch(/^[A-Z][^\n]{20,110}\.$/);
  });
});

describe('a profile', () => {
  it('is known by name once', () => {
    expect(new Set(presetNames).size).toBe(presetNames.length);
    expect(nameProfile()).toEqual({ name: 'complete', changed: false, profile: defaultProfile });
    expect(presets.find(({ name }) => name === 'u2f')?.profile.versions).toEqual(['U2F_V2']);
  });

  it('can extend a preset in a file, and take capabilities away', () => {
    const path = profileFile('{"extends": "ctap2.1", "largeBlobArray": null, "maxMsgSize": 2048}');
    const { name, profile } = nameProfile(path);
    expect(name).toBe(path);
    expect(profile).toMatchObject({ versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1'], maxMsgSize: 2048 });
    expect(Object.keys(profile)).not.toContain('largeBlobArray');
  });

  it('may be certified, and allow its reset on some transports only', () => {
    const text =
      '{"certifications": {"FIDO": 2}, "transports": ["usb", "nfc"], "transportsForReset": ["usb"]}';
    const { profile } = nameProfile(profileFile(text));
    expect(profile).toMatchObject(JSON.parse(text) as object);
    expect(checkProfile(profile, crypto)).toEqual([]);
    const printed = JSON.stringify(profileDocument(profile));
    expect(nameProfile(profileFile(printed)).profile).toStrictEqual(profile);
    const unlike = { certifications: { FIDO: 9 }, transportsForReset: ['ble'] } as const;
    expect(() => createKey({ profile: unlike })).toThrow(/transportsForReset: .* certifications: /);
  });

  it('loses what is set to undefined', () => {
    expect('pin' in changeProfile(defaultProfile, { pin: undefined })).toBe(false);
    expect(createKey({ profile: 'no-pin' }).profile.pin).toBeUndefined();
    expect(() => createKey({ profile: 'ctap9' })).toThrow(
      /There is no profile "ctap9"; there are complete, /,
    );
    expect(createKey({ profile: { extends: 'u2f' } }).profile.versions).toEqual(['U2F_V2']);
  });

  it.each([
    ['{"extends": "ctap9"}', /profile\.extends has to be one of complete, ctap2\.1, /],
    ['{"extends": 5}', /profile\.extends has to be one of /],
    ['{"pni": null}', /profile\.pni is not known; there are extends, aaguid, /],
    ['{"__proto__": {}}', /profile\.__proto__ is not known/],
    ['{"pin": {"protocols": [3]}}', /profile\.pin\.protocols\[0\] .* one of 1, 2\.$/],
    ['{"counter": "some"}', /profile\.counter .* one of per-credential, global, zero\.$/],
    ['{"aaguid": "12"}', /profile\.aaguid .* a UUID\.$/],
    ['{"certifications": 3}', /profile\.certifications .* an object\.$/],
    ['{"certifications": {"FIDO": "1"}}', /profile\.certifications\.FIDO .* a whole number\.$/],
    ['{"transportsForReset": ["usb", "lan"]}', /profile\.transportsForReset\[1\] .* one of usb, nfc, /],
    ['[]', /profile .* an object\.$/],
    ['{"pin"', /is not JSON: /],
  ])('%s is refused with the place', (text, message) => {
    const path = profileFile(text);
    const read = () => nameProfile(path);
    expect(read).toThrow(expect.objectContaining({ name: 'UsageError' }));
    expect(read).toThrow(message);
    expect(read).toThrow(path);
  });

  it('that is no file, or a directory, is refused with what there is', () => {
    const refusal = (name: string) => {
      try {
        nameProfile(name);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refusal('ctap3')).toMatchObject({
      name: 'UsageError',
      message: 'The profile ctap3 is neither a known name nor a file.',
      hint: expect.stringContaining('ctap2.1') as string,
    });
    expect(refusal('/')).toMatchObject({ message: 'The profile / is a directory.' });
  });

  it('that no key can have is not printed', () => {
    expect(describeProfile('small-storage')).toMatchObject({
      maxDiscoverableCredentials: 2,
      builtInUv: null,
    });
    expect(() => describeProfile(profileFile('{"backupState": true}'))).toThrow(
      /^No key can have this profile: backupState: /,
    );
  });
});
