import type { Profile } from '../../src/authenticator/profile.ts';

/** Every optional capability that goes together on one key with a PIN. */
export const everyCapability = {
  extensions: [
    'credProtect',
    'credBlob',
    'largeBlobKey',
    'minPinLength',
    'pinComplexityPolicy',
    'hmac-secret',
    'hmac-secret-mc',
    'thirdPartyPayment',
    'uvm',
  ],
  maxCredBlobLength: 32,
  largeBlobArray: { capacity: 2048 },
  authenticatorConfig: true,
  setMinPinLength: { maxRpIds: 2, preconfiguredRpIds: ['factory.example'] },
  pinComplexity: { enforced: false, url: 'https://key.example/policy' },
  enterpriseAttestation: { rpIds: ['enterprise.example'] },
  longTouchForReset: false,
  vendorConfigCommands: [0x42, 0xffff_ffff_ff],
  alwaysUv: false,
  certifications: { FIDO: 2, 'CC-EAL': 4 },
  transportsForReset: ['usb'],
} as const satisfies Partial<Profile>;
