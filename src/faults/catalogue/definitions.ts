import type { FaultDefinition } from '../effect.ts';
import { answerFaults } from './answers.ts';
import { attestationFaults } from './attestation.ts';
import { authDataFaults } from './auth-data.ts';
import { ctaphidFaults } from './ctaphid.ts';
import { encodingFaults } from './encoding.ts';
import { extensionFaults } from './extensions.ts';
import { identityFaults } from './identity.ts';
import { signatureFaults } from './signatures.ts';
import { storageFaults } from './storage.ts';
import { usbFaults } from './usb.ts';

/** The whole catalogue, level by level. */
export const faultDefinitions: readonly FaultDefinition[] = [
  ...answerFaults,
  ...signatureFaults,
  ...authDataFaults,
  ...identityFaults,
  ...extensionFaults,
  ...encodingFaults,
  ...attestationFaults,
  ...ctaphidFaults,
  ...usbFaults,
  ...storageFaults,
];
