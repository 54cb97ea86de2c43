import { describe, expect, it } from 'vitest';
import { presets } from '../../../src/authenticator/presets.ts';
import type { Profile } from '../../../src/authenticator/profile.ts';
import { checkProfile } from '../../../src/authenticator/profile-rules.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { everyCapability } from '../../support/capabilities.ts';
import { fingerprintKey } from '../../support/fingerprints.ts';
import { localProfile } from '../../support/local-key.ts';
import { fingerprintUv } from '../../support/protocol.ts';

const crypto = createNodeCrypto();
const whole: Profile = { ...localProfile, ...everyCapability };

/** The complete key with these changes; `undefined` takes a member away. */
function changed(changes: { readonly [K in keyof Profile]?: Profile[K] | undefined }): Profile {
  const members = Object.entries({ ...whole, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as unknown as Profile;
}

const highest = {
  'FIPS-CMVP-2': 4,
  'FIPS-CMVP-3': 4,
  'FIPS-CMVP-2-PHY': 4,
  'FIPS-CMVP-3-PHY': 4,
  'CC-EAL': 7,
  FIDO: 6,
  'CCN-CPSTIC': 1,
};
const pin = whole.pin!;
const extensions = (...left: Profile['extensions']) => ({ extensions: left });
const without = (...names: Profile['extensions']) =>
  extensions(...whole.extensions.filter((name) => !names.includes(name)));
const sensor = fingerprintKey.bioEnrollment;

describe('profiles that can exist', () => {
  it.each<readonly [string, Profile]>([
    ['with everything that goes together', changed({})],
    ['with a sensor', changed({ ...fingerprintKey, uvBioEnroll: true, uvAcfg: true })],
    ['with fingers that no platform enrols', changed({ builtInUv: fingerprintUv })],
    [
      'that is certified, to the highest level of each program §7.3',
      changed({ certifications: { ...highest } }),
    ],
    ['that is reset over USB alone', changed({ transports: ['nfc', 'usb'], transportsForReset: ['usb'] })],
    ['of the tests', localProfile],
    ...presets.map(({ name, profile }) => [`of the preset ${name}`, profile] as const),
  ])('%s', (_name, profile) => {
    expect(checkProfile(profile, crypto)).toEqual([]);
  });
});

/** Each breaks exactly the rules whose sentences begin like this. */
const broken: readonly (readonly [string, Profile, ...string[]])[] = [
  ['no version', changed({ versions: [] }), 'versions: at least one'],
  ['a version twice', changed({ versions: ['FIDO_2_0', 'FIDO_2_0'] }), 'versions: at least one'],
  ['FIDO_2_2', changed({ versions: ['FIDO_2_1', 'FIDO_2_2'] }), 'versions: FIDO_2_2 cannot'],
  ['no algorithm', changed({ algorithms: [] }), 'algorithms: at least one'],
  ['an unknown algorithm', changed({ algorithms: [-1 as -7] }), 'algorithms: not all of -1'],
  ['a short AAGUID', changed({ aaguid: new Uint8Array(15) }), 'aaguid:'],
  [
    'no hmac-secret',
    changed(without('hmac-secret', 'hmac-secret-mc')),
    'extensions: FIDO_2_1 and later need hmac-secret',
  ],
  [
    'no credential management',
    changed({ credentialManagement: false, perCredMgmtRo: false }),
    'credentialManagement:',
  ],
  [
    'nothing that verifies users',
    { ...localProfile, perCredMgmtRo: false, pin: undefined } as unknown as Profile,
    'pin: FIDO_2_1 and later need a PIN',
  ],
  [
    'no credProtect',
    changed({ ...without('credProtect', 'credBlob'), maxCredBlobLength: undefined }),
    'extensions: FIDO_2_1 and later need credProtect',
  ],
  ['only protocol one', changed({ pin: { ...pin, protocols: [1] } }), 'pin.protocols: FIDO_2_1'],
  ['PINs of three', changed({ pin: { ...pin, minLength: 3 } }), 'pin: minLength is at least 4'],
  ['PINs up to seven', changed({ pin: { ...pin, maxLength: 7 } }), 'pin: minLength is at least 4'],
  ['PINs up to 64', changed({ pin: { ...pin, maxLength: 64 } }), 'pin: minLength is at least 4'],
  ['nine tries', changed({ pin: { ...pin, maxRetries: 9 } }), 'pin.maxRetries: 1 to 8'],
  ['no try', changed({ pin: { ...pin, maxRetries: 0 } }), 'pin.maxRetries: 1 to 8'],
  ['alwaysUv that is not required', changed({ alwaysUv: true }), 'makeCredUvNotRqd:'],
  ['backups of what cannot be backed up', changed({ backupState: true }), 'backupState:'],
  ['short ids', changed({ credentialIdLength: 15 }), 'credentialIdLength:'],
  ['long ids', changed({ credentialIdLength: 256, maxCredentialIdLength: 256 }), 'credentialIdLength:'],
  ['small messages', changed({ maxMsgSize: 1023 }), 'maxMsgSize:'],
  ['messages that do not fit', changed({ maxMsgSize: 7610 }), 'maxMsgSize:'],

  ['an extension twice', changed(extensions(...whole.extensions, 'credProtect')), 'extensions: none twice'],
  ['credBlob of no length', changed({ maxCredBlobLength: undefined }), 'maxCredBlobLength: goes with'],
  ['a length without credBlob', changed(without('credBlob')), 'maxCredBlobLength: goes with'],
  ['short blobs', changed({ maxCredBlobLength: 31 }), 'maxCredBlobLength: at least'],
  [
    'credBlob alone',
    changed({ versions: ['FIDO_2_0'], ...without('credProtect') }),
    'extensions: credBlob needs credProtect',
  ],
  ['largeBlobKey without an array', changed({ largeBlobArray: undefined }), 'extensions: largeBlobKey needs'],
  ['a small array', changed({ largeBlobArray: { capacity: 1023 } }), 'largeBlobArray.capacity:'],
  ['an array for nobody', changed({ maxDiscoverableCredentials: 0 }), 'largeBlobArray: is of no use'],
  [
    'room for no largeBlob',
    changed({ largeBlobExtension: { capacity: 100 } }),
    'largeBlobExtension: goes with',
  ],
  [
    'largeBlob without room',
    changed({
      ...extensions('hmac-secret', 'credProtect', 'minPinLength', 'credBlob', 'largeBlob'),
      largeBlobArray: undefined,
    }),
    'largeBlobExtension: goes with',
  ],
  [
    'both designs of large blobs',
    changed({ ...extensions(...whole.extensions, 'largeBlob'), largeBlobExtension: { capacity: 100 } }),
    'extensions: largeBlob excludes',
  ],
  [
    'the new design beside the array of the old one',
    changed({
      extensions: [...whole.extensions.filter((name) => name !== 'largeBlobKey'), 'largeBlob'],
      largeBlobExtension: { capacity: 100 },
    }),
    'extensions: largeBlob excludes',
  ],
  [
    'hmac-secret-mc alone',
    changed({ versions: ['FIDO_2_0'], ...without('hmac-secret') }),
    'extensions: hmac-secret-mc needs',
  ],
  [
    'minPinLength that nothing sets',
    changed({ setMinPinLength: undefined }),
    'setMinPinLength: goes with',
    'extensions: pinComplexityPolicy needs',
  ],
  ['a minimum that nobody learns', changed(without('minPinLength')), 'setMinPinLength: goes with'],
  ['a policy that is none', changed({ pinComplexity: undefined }), 'extensions: pinComplexityPolicy needs'],

  [
    'no protocol',
    changed({ versions: ['FIDO_2_0'], pin: { ...pin, protocols: [] } }),
    'pin.protocols: at least',
  ],
  ['a protocol twice', changed({ pin: { ...pin, protocols: [2, 2] } }), 'pin.protocols: at least'],
  [
    'PINs that cannot be',
    changed({ pin: { ...pin, minLength: 20, maxLength: 10 } }),
    'pin: minLength is above',
  ],
  ['26 UV tries', changed({ builtInUv: { ...fingerprintUv, maxRetries: 26 } }), 'builtInUv.maxRetries:'],
  ['no UV try', changed({ builtInUv: { ...fingerprintUv, maxRetries: 0 } }), 'builtInUv.maxRetries:'],
  ['six in one', changed({ builtInUv: { ...fingerprintUv, attemptsPerOperation: 6 } }), 'builtInUv.attempts'],
  [
    'none in one',
    changed({ builtInUv: { ...fingerprintUv, attemptsPerOperation: 0 } }),
    'builtInUv.attempts',
  ],
  ['a sensor for nothing', changed({ bioEnrollment: sensor }), 'bioEnrollment: needs builtInUv'],
  [
    'a sensor beside a keypad',
    changed({ bioEnrollment: sensor, builtInUv: { ...fingerprintUv, modality: 'pin' } }),
    'bioEnrollment: needs builtInUv',
  ],
  [
    'a sensor without a first finger',
    { ...localProfile, ...fingerprintKey, pin: undefined } as unknown as Profile,
    'bioEnrollment: needs a PIN',
  ],
  ...(['maxTemplates', 'samplesRequired', 'maxFriendlyName'] as const).map(
    (name) =>
      [
        `a sensor with no ${name}`,
        changed({ ...fingerprintKey, bioEnrollment: { ...sensor, [name]: 0 } }),
        'bioEnrollment: maxTemplates, ',
      ] as const,
  ),
  ['uvBioEnroll alone', changed({ uvBioEnroll: true }), 'uvBioEnroll:'],
  [
    'a token to read nothing',
    changed({ versions: ['FIDO_2_0'], credentialManagement: false }),
    'perCredMgmtRo:',
  ],
  [
    'a token that nobody gets',
    { ...localProfile, versions: ['FIDO_2_0'], pin: undefined } as unknown as Profile,
    'perCredMgmtRo:',
  ],

  ['settings that nothing sets', changed({ authenticatorConfig: false }), 'authenticatorConfig: is needed'],
  [
    'enterprise attestation for good',
    { ...localProfile, enterpriseAttestation: { rpIds: [] } },
    'authenticatorConfig: is needed',
  ],
  ['vendor commands alone', { ...localProfile, vendorConfigCommands: [1] }, 'authenticatorConfig: is needed'],
  ['nothing to set', { ...localProfile, authenticatorConfig: true }, 'authenticatorConfig: there is nothing'],
  ['alwaysUv on a U2F key', { ...localProfile, versions: ['U2F_V2'], alwaysUv: false }, 'alwaysUv:'],
  ['uvAcfg alone', { ...localProfile, uvAcfg: true }, 'uvAcfg:'],
  [
    'a minimum for no PIN',
    changed({
      ...fingerprintKey,
      bioEnrollment: undefined,
      pin: undefined,
      pinComplexity: undefined,
      ...without('pinComplexityPolicy'),
    }),
    'setMinPinLength: needs a PIN',
  ],
  [
    'a policy for no PIN',
    changed({
      builtInUv: fingerprintUv,
      pin: undefined,
      setMinPinLength: undefined,
      ...without('minPinLength', 'pinComplexityPolicy'),
    }),
    'pinComplexity: needs a PIN',
  ],
  ['a vendor command twice', changed({ vendorConfigCommands: [7, 7] }), 'vendorConfigCommands:'],

  ['no transport', changed({ transports: [], transportsForReset: undefined }), 'transports:'],
  ['a transport twice', changed({ transports: ['usb', 'usb'] }), 'transports:'],
  ['reset nowhere', changed({ transportsForReset: [] }), 'transportsForReset:'],
  ['reset twice', changed({ transportsForReset: ['usb', 'usb'] }), 'transportsForReset:'],
  ['reset where nobody comes', changed({ transportsForReset: ['usb', 'nfc'] }), 'transportsForReset:'],
  ...(
    [
      ['no certification', {}],
      ['an unknown one', { FIDO: 1, 'FIPS-CMVP-4': 1 }],
      ['level 0', { FIDO: 0 }],
      ['level 7', { FIDO: 7 }],
      ['half a level', { 'CC-EAL': 4.5 }],
      ['a level of FIPS too much', { 'FIPS-CMVP-3-PHY': 5 }],
      ['a level of CCN too much', { 'CCN-CPSTIC': 2 }],
    ] as const
  ).map(
    ([name, certifications]) =>
      [name, changed({ certifications }), 'certifications: at least one of'] as const,
  ),
  ['lists of nothing', changed({ maxCredentialCountInList: 0 }), 'maxCredentialCountInList:'],
  ['ids that are longer than the longest', changed({ maxCredentialIdLength: 31 }), 'maxCredentialIdLength:'],
  ['a policy at no address', changed({ pinComplexity: { enforced: false, url: '' } }), 'pinComplexity.url:'],
];

describe('profiles that cannot exist', () => {
  const rows = broken.map(([name, profile, ...sentences]) => ({ name, profile, sentences }));
  it.each(rows)('$name', ({ profile, sentences }) => {
    const found = checkProfile(profile, crypto);
    expect(found.map((sentence, index) => sentence.slice(0, sentences[index]?.length))).toEqual(sentences);
  });
});
