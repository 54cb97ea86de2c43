import type { CredentialPatch, CredentialsPart, NewCredential } from '../../control/handle.ts';
import { coseAlgorithm } from '../../cose/algorithm.ts';
import { importCredentials } from '../../keystore/exchange.ts';
import type { ParsedCredential } from '../../keystore/export-document.ts';
import type { Profile } from '../../authenticator/profile.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Credential } from '../../ports/credential.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import { UsageError } from '../../ports/errors.ts';
import type { Keystore } from '../../ports/keystore.ts';
import type { Random } from '../../ports/random.ts';
import { applyChange } from '../change-credential.ts';

/** What the parts of a key that is driven from outside work on. The keystore is not the one that the key itself uses. */
export interface PartContext {
  readonly keystore: Keystore;
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly clock: Clock;
  readonly profile: Profile;
}

export function createCredentialsPart(context: PartContext): CredentialsPart {
  const { keystore, random } = context;
  /** The discoverable credentials changed: platforms that cached them have to read them again. */
  const renewed = () => ({ credStoreState: random.bytes(16) });
  return {
    list: () => [...keystore.all()],
    get: (id) => keystore.findById(id),
    add: (credential) => addCredential(context, credential),
    change: async (id, change) => changeAll(context, id, change, renewed()),
    remove: async (id) => (await keystore.remove([id], renewed())) > 0,
    clear: () =>
      keystore.remove(
        [...keystore.all()].map(({ id }) => id),
        renewed(),
      ),
  };
}

/** Where a credential that is given stands, for messages. */
const place = 'credential';

async function addCredential(context: PartContext, given: NewCredential): Promise<Credential> {
  const { clock, crypto, keystore, random } = context;
  const parsed = await completed(context, given);
  if (keystore.findById(parsed.id)) throw taken('has a credential with this id already');
  const options = { crypto, random, clock, onConflict: 'skip' } as const;
  const { added } = await importCredentials(keystore, { credentials: [parsed] }, options);
  const credential = keystore.findById(parsed.id);
  if (added === 0 || !credential) throw taken('has a credential for this account (rpId and user.id) already');
  return credential;
}

function taken(what: string): UsageError {
  return new UsageError(`The key ${what}.`, { problem: 'conflict', hint: 'Delete that one first.' });
}

async function completed(context: PartContext, given: NewCredential): Promise<ParsedCredential> {
  const { crypto, profile, random } = context;
  const { algorithm = coseAlgorithm.ES256, discoverable = true, hmacSecret, user } = given;
  if (discoverable && !user) throw new UsageError('A discoverable credential needs a user.');
  if (given.backupState && !given.backupEligible)
    throw new UsageError('backupState needs backupEligible (WebAuthn L3 §6.1.3).');
  if (!crypto.algorithms.includes(algorithm))
    throw new UsageError(`The algorithm ${algorithm} cannot be used here.`);
  const { rpName, credBlob, largeBlob, largeBlobKey } = given;
  return {
    path: place,
    id: given.id ?? random.bytes(profile.credentialIdLength),
    protocol: 'ctap2',
    rpId: given.rpId,
    ...(rpName !== undefined && { rpName }),
    ...(user && { user }),
    discoverable,
    algorithm,
    privateKey: given.privateKey ?? (await crypto.generateKeyPair(algorithm)).privateKey,
    signCount: given.signCount === undefined ? firstCount(profile) : given.signCount,
    credProtect: given.credProtect ?? 1,
    ...(credBlob && { credBlob }),
    ...(largeBlob && { largeBlob }),
    ...(largeBlobKey && { largeBlobKey }),
    ...(hmacSecret && {
      credRandomWithUv: hmacSecret.withUv,
      credRandomWithoutUv: hmacSecret.withoutUv,
    }),
    thirdPartyPayment: given.thirdPartyPayment ?? false,
    backupEligible: given.backupEligible ?? profile.backupEligible,
    backupState: given.backupState ?? (given.backupEligible === undefined && profile.backupState),
  };
}

function firstCount({ counter }: Profile): number | null {
  return counter === 'zero' ? null : 0;
}

/** All in one step: a host may sign with the credential in the meantime. */
async function changeAll(
  { keystore }: PartContext,
  id: Uint8Array,
  change: CredentialPatch,
  state: { readonly credStoreState: Uint8Array },
): Promise<Credential> {
  const changed = await keystore.change(id, (current) => applyPatch(current, change), state);
  if (changed) return changed;
  throw new UsageError('The key has no credential with this id.', { problem: 'no-such-credential' });
}

function applyPatch(
  current: Credential,
  { credBlob, credProtect, largeBlob, ...change }: CredentialPatch,
): Credential {
  const {
    credBlob: oldBlob,
    largeBlob: oldLarge,
    ...rest
  } = applyChange(current, { ...change, force: true });
  const [blob, large] = [pick(credBlob, oldBlob), pick(largeBlob, oldLarge)];
  return {
    ...rest,
    ...(blob && { credBlob: blob }),
    ...(large && { largeBlob: large }),
    ...(credProtect !== undefined && { credProtect }),
  };
}

/** `null` takes away, undefined leaves. */
function pick<T>(change: T | null | undefined, old: T | undefined): T | undefined {
  return change === undefined ? old : (change ?? undefined);
}
