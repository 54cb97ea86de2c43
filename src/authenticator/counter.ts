import type { Credential } from '../ports/credential.ts';
import type { DeviceStateChange } from '../ports/keystore.ts';
import type { Environment } from './environment.ts';
import type { CredentialExtensionData } from './extensions/extension.ts';

/** A counter value together with what has to be durable before it is sent. */
export interface CounterStep {
  readonly signCount: number;
  /** For the credential: `null` stays zero for ever. */
  readonly stored: number | null;
  readonly state: Pick<DeviceStateChange, 'signCount'>;
}

type Source = Pick<Environment, 'profile' | 'keystore'>;

/** The counter of a new credential (WebAuthn L3 §6.1.1). */
export function firstCounter(source: Source): CounterStep {
  switch (source.profile.counter) {
    case 'zero':
      return { signCount: 0, stored: null, state: {} };
    case 'per-credential':
      return { signCount: 0, stored: 0, state: {} };
    case 'global': {
      const signCount = source.keystore.state().signCount + 1;
      return { signCount, stored: signCount, state: { signCount } };
    }
  }
}

/**
 * The counter of the next signature. It grows only with consent, so a silent assertion repeats the last value
 * (CTAP 2.3 §6.2.2). A global counter never falls behind a credential that was imported with a higher one.
 */
export function nextCounter(source: Source, credential: Credential, consented: boolean): CounterStep {
  const { signCount: last } = credential;
  if (last === null) return { signCount: 0, stored: null, state: {} };
  if (source.profile.counter !== 'global') {
    const signCount = consented ? last + 1 : last;
    return { signCount, stored: signCount, state: {} };
  }
  const highest = Math.max(last, source.keystore.state().signCount);
  const signCount = consented ? highest + 1 : highest;
  return { signCount, stored: signCount, state: { signCount } };
}

/**
 * Makes a counter durable before it is sent, together with what extensions change. False if the credential is gone: its
 * owner may have removed it while the user was asked.
 */
export function noteUse(
  { clock, keystore }: Pick<Environment, 'clock' | 'keystore'>,
  credential: Credential,
  counter: CounterStep,
  change: CredentialExtensionData = {},
): Promise<boolean> {
  const use = { signCount: counter.stored, lastUsedAt: clock.wall() };
  const changesMore = Object.keys(change).length > 0;
  return changesMore
    ? keystore.update({ ...credential, ...change, ...use }, counter.state)
    : keystore.use(credential.id, use, counter.state);
}
