import type { InitResponse } from '../ctaphid/init-response.ts';
import { hidCapability } from '../ctaphid/command.ts';
import type { GetInfoResponse } from '../ctap/messages/get-info.ts';
import type { Need } from './check.ts';

/** What is known of the key before a check begins. */
export interface KeyFacts {
  readonly init: InitResponse;
  /** Absent for a key that speaks U2F only, or that does not answer getInfo. */
  readonly info?: GetInfoResponse;
  /** The PIN that is set, if the run knows it. */
  readonly pin?: string;
}

const optionOf = ({ info }: KeyFacts, name: string): boolean | undefined => info?.options?.get(name);

function need(otherwise: string, met: (facts: KeyFacts) => boolean): Need {
  return { otherwise, met, lasting: true };
}

/** What also depends on the PIN and the settings. */
function passingNeed(otherwise: string, met: (facts: KeyFacts) => boolean): Need {
  return { otherwise, met, lasting: false };
}

const speaksU2f = ({ init, info }: KeyFacts): boolean =>
  (init.capabilities & hidCapability.noMsg) === 0 && (info === undefined || info.versions.includes('U2F_V2'));

const needsToken = (facts: KeyFacts): boolean =>
  optionOf(facts, 'clientPin') === true || optionOf(facts, 'uv') === true;

/** A token can be had: the PIN is known, or the key verifies its user by itself. */
export function canVerify(facts: KeyFacts): boolean {
  if (optionOf(facts, 'clientPin') === true && facts.pin !== undefined) return true;
  return optionOf(facts, 'uv') === true && optionOf(facts, 'pinUvAuthToken') === true;
}

/** Whether makeCredential wants the user verified (CTAP 2.3 §6.1.2 steps 6 to 9). */
export function mustVerifyToRegister(facts: KeyFacts): boolean {
  if (optionOf(facts, 'alwaysUv') === true) return true;
  return needsToken(facts) && optionOf(facts, 'makeCredUvNotRqd') !== true;
}

export const needs = {
  ctap2: need('the key does not speak CTAP2', ({ info }) => info !== undefined),
  u2f: need('the key does not speak U2F', speaksU2f),
  noU2f: need('the key speaks U2F', (facts) => !speaksU2f(facts)),
  /** Registration works, with a token if it has to be. */
  registration: passingNeed(
    'the key wants a PIN to register: give it with --pin',
    (facts) => facts.info !== undefined && (!mustVerifyToRegister(facts) || canVerify(facts)),
  ),
  /** Registration is refused without a token. */
  registrationWithToken: passingNeed('the key registers without verifying its user', mustVerifyToRegister),
  knownPin: passingNeed(
    'no PIN is known: give it with --pin, or let one be set with --destructive',
    (facts) => optionOf(facts, 'clientPin') === true && facts.pin !== undefined,
  ),
  clientPin: need('the key knows no PIN', (facts) => optionOf(facts, 'clientPin') !== undefined),
  token: need('the key gives no tokens', (facts) => optionOf(facts, 'pinUvAuthToken') === true),
  noUv: passingNeed('the key verifies its user by itself', (facts) => optionOf(facts, 'uv') === undefined),
  silent: passingNeed(
    'the key always verifies its user',
    (facts) => optionOf(facts, 'alwaysUv') !== true && optionOf(facts, 'up') !== false,
  ),
  discoverable: need('the key holds no discoverable credentials', (facts) => optionOf(facts, 'rk') === true),
  notEnterprise: passingNeed('enterprise attestation is on', (facts) => optionOf(facts, 'ep') !== true),
  credentialManagement: need(
    'the key has no credential management',
    (facts) => optionOf(facts, 'credMgmt') === true,
  ),
  largeBlobs: need('the key has no large blobs', (facts) => optionOf(facts, 'largeBlobs') === true),
  config: need('the key has no authenticatorConfig', (facts) => optionOf(facts, 'authnrCfg') === true),
  minPinLength: need(
    'the minimum PIN length cannot be changed',
    (facts) => optionOf(facts, 'setMinPINLength') === true,
  ),
  alwaysUv: need('the key has no alwaysUv', (facts) => optionOf(facts, 'alwaysUv') !== undefined),
  bioEnrollment: need(
    'the key has no fingerprint reader',
    (facts) => optionOf(facts, 'bioEnroll') !== undefined,
  ),
  selection: need(
    'the key is older than authenticatorSelection',
    ({ info }) => info?.versions.some((version) => /^FIDO_2_[1-9]/.test(version)) === true,
  ),
  wink: need('the key cannot wink', ({ init }) => (init.capabilities & hidCapability.wink) !== 0),
  protocol: (version: number): Need =>
    need(
      `the key does not know PIN/UV protocol ${version}`,
      ({ info }) => info?.pinUvAuthProtocols?.includes(version) === true,
    ),
  extension: (name: string): Need =>
    need(
      `the key does not know the extension ${name}`,
      ({ info }) => info?.extensions?.includes(name) === true,
    ),
} as const;
