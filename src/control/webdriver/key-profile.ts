import { WebDriverError } from './error.ts';
import type { AuthenticatorParameters } from './parameters.ts';

/** Room for discoverable credentials; more than a test fills. */
const residentKeys = 100;

/** WebAuthn extension identifiers, and what a key needs for each; client extensions need nothing. */
const extensionNeeds: Readonly<Record<string, readonly string[]>> = {
  credProps: [],
  appid: [],
  appidExclude: [],
  prf: ['hmac-secret', 'hmac-secret-mc'],
  'hmac-secret': ['hmac-secret'],
  hmacCreateSecret: ['hmac-secret'],
  credProtect: ['credProtect'],
  credentialProtectionPolicy: ['credProtect'],
  credBlob: ['credProtect', 'credBlob'],
  largeBlob: ['largeBlob'],
  uvm: ['uvm'],
};

/** FIDO_2_1 obliges a key to these (CTAP 2.3 §9). */
const extensionsOfCtap21 = ['hmac-secret', 'credProtect'] as const;

/** The extensions of a key that has those of WebAuthn. Throws `unsupported operation` for one that no such key has. */
function keyExtensions({ extensions, protocol }: AuthenticatorParameters): readonly string[] {
  const needed = extensions.flatMap((name) => {
    const needs = Object.hasOwn(extensionNeeds, name) ? extensionNeeds[name] : undefined;
    if (needs && (protocol !== 'ctap1/u2f' || needs.length === 0)) return needs;
    throw new WebDriverError(
      'unsupported operation',
      `A ${protocol} authenticator has no extension ${name}.`,
    );
  });
  return [...new Set(protocol === 'ctap2_1' ? [...extensionsOfCtap21, ...needed] : needed)];
}

/** What a generation of keys is built on, and what it has to have. */
function generation({ hasResidentKey, hasUserVerification, protocol }: AuthenticatorParameters) {
  if (protocol === 'ctap2') return { extends: 'ctap2.0' };
  // No key may call itself FIDO_2_1 that has passkeys and no way to verify who uses them (CTAP 2.3 §9).
  const versions = ['U2F_V2', 'FIDO_2_0', ...(hasResidentKey && !hasUserVerification ? [] : ['FIDO_2_1'])];
  return { extends: 'ctap2.1', versions, credentialManagement: hasResidentKey && hasUserVerification };
}

/**
 * What a virtual authenticator is as a key, in the form of a profile file. It has no client PIN, since these commands
 * know none: it verifies its user by itself or not at all. Throws WebDriverError.
 */
export function keyProfile(parameters: AuthenticatorParameters): Readonly<Record<string, unknown>> {
  const { defaultBackupEligibility, defaultBackupState, hasResidentKey, hasUserVerification } = parameters;
  const extensions = keyExtensions(parameters);
  if (defaultBackupState && !defaultBackupEligibility) {
    throw new WebDriverError(
      'invalid argument',
      'defaultBackupState: a credential that is backed up has to be eligible for it (WebAuthn L3 §6.1.3).',
    );
  }
  if (parameters.protocol === 'ctap1/u2f') return { extends: 'u2f' };
  return {
    ...generation(parameters),
    pin: null,
    setMinPinLength: null,
    largeBlobArray: null,
    alwaysUv: null,
    authenticatorConfig: false,
    enterpriseAttestation: null,
    resetWindow: null,
    backupEligible: defaultBackupEligibility,
    backupState: defaultBackupState,
    extensions,
    maxDiscoverableCredentials: hasResidentKey ? residentKeys : 0,
    maxCredBlobLength: extensions.includes('credBlob') ? 64 : null,
    largeBlobExtension: extensions.includes('largeBlob') ? { capacity: 4096 } : null,
    // WebDriver has no words for an account picker: the key shows one of its own, and its user takes the newest account.
    accountChooser: hasUserVerification,
    // As many retries as a key may have: a test that lets verification fail again and again should not block it.
    builtInUv: hasUserVerification ? { modality: 'pin', maxRetries: 25, attemptsPerOperation: 1 } : null,
  };
}
