import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import {
  cose,
  decodeAttestationObject,
  decodeClientDataJSON,
  decodeCredentialPublicKey,
  generateUserID,
  isoBase64URL,
  parseAuthenticatorData,
} from '@simplewebauthn/server/helpers';
import { Refusal, algorithmIds } from './wishes.mjs';

/**
 * @import { AuthenticationResponseJSON, RegistrationResponseJSON, WebAuthnCredential } from '@simplewebauthn/server'
 * @import { AuthenticationOptions, Place, RegistrationOptions, Site, User, VerifiedFlags } from './types.d.ts'
 */

/**
 * An account store and the ceremonies that were started and not yet finished, all in memory.
 * @returns {Site}
 */
export function createSite() {
  return { users: new Map(), pending: new Map() };
}

/**
 * @param {Site} site
 * @param {string} name
 * @returns {User}
 */
function knownUser(site, name) {
  const user = site.users.get(name);
  if (user === undefined)
    throw new Refusal('UnknownUser', `Nobody here is called “${name}”. Register first.`, 404);
  return user;
}

/**
 * @param {User} user
 * @returns {{ id: string, transports: string[] }[]}
 */
function descriptors(user) {
  return user.credentials.map(({ credential }) => ({
    id: credential.id,
    transports: credential.transports ?? [],
  }));
}

/**
 * Options for `navigator.credentials.create()`, as JSON.
 * @param {Site} site
 * @param {Place} place
 * @param {RegistrationOptions} wish
 */
export async function registrationOptions(site, place, wish) {
  const name = wish.user;
  if (name === undefined) throw new Refusal('BadRequest', 'An account needs a name.');
  const user = site.users.get(name) ?? { name, id: await generateUserID(), credentials: [] };
  const algorithms = wish.algorithms ?? /** @type {const} */ (['ES256', 'EdDSA', 'RS256']);
  const supportedAlgorithmIDs = algorithms.map((algorithm) => algorithmIds[algorithm]);
  const rpId = wish.rpId ?? place.rpId;
  const userVerification = wish.userVerification ?? 'preferred';
  const options = await generateRegistrationOptions({
    rpName: 'Fauxkey example',
    rpID: rpId,
    userName: name,
    userID: user.id,
    userDisplayName: wish.displayName ?? name,
    timeout: wish.timeout ?? 60_000,
    attestationType: wish.attestation ?? 'none',
    excludeCredentials: wish.exclude === false ? [] : descriptors(user),
    authenticatorSelection: {
      residentKey: wish.residentKey ?? 'preferred',
      userVerification,
      ...(wish.attachment === undefined ? {} : { authenticatorAttachment: wish.attachment }),
    },
    extensions: { credProps: true, ...wish.extensions },
    supportedAlgorithmIDs,
  });
  site.pending.set(options.challenge, {
    kind: 'register',
    user,
    rpId,
    supportedAlgorithmIDs,
    userVerification,
  });
  return options;
}

/**
 * Options for `navigator.credentials.get()`, as JSON. Without a user the sign-in is usernameless: the key has to know
 * the account.
 * @param {Site} site
 * @param {Place} place
 * @param {AuthenticationOptions} wish
 */
export async function authenticationOptions(site, place, wish) {
  const user = wish.user === undefined ? undefined : knownUser(site, wish.user);
  const listed = wish.credentials?.map((id) => ({ id, transports: [] }));
  const allowCredentials = listed ?? (user === undefined ? [] : descriptors(user));
  const rpId = wish.rpId ?? place.rpId;
  const userVerification = wish.userVerification ?? 'preferred';
  const options = await generateAuthenticationOptions({
    rpID: rpId,
    timeout: wish.timeout ?? 60_000,
    userVerification,
    allowCredentials,
    ...(wish.extensions === undefined ? {} : { extensions: wish.extensions }),
  });
  site.pending.set(options.challenge, {
    kind: 'sign-in',
    ...(user === undefined ? {} : { user }),
    rpId,
    supportedAlgorithmIDs: [],
    userVerification,
  });
  return options;
}

/**
 * Takes the ceremony that a response answers. A challenge works once.
 * @param {Site} site
 * @param {'register' | 'sign-in'} kind
 * @param {{ response: { clientDataJSON: string } }} credential
 */
function takePending(site, kind, credential) {
  const challenge = readChallenge(credential.response.clientDataJSON);
  const pending = site.pending.get(challenge);
  site.pending.delete(challenge);
  if (pending?.kind !== kind) {
    throw new Refusal('UnknownChallenge', 'This challenge was never given out, or it was used before.');
  }
  return pending;
}

/** @param {string} clientDataJSON base64url @returns {string} */
function readChallenge(clientDataJSON) {
  try {
    return decodeClientDataJSON(clientDataJSON).challenge;
  } catch {
    throw new Refusal('BadRequest', 'The clientDataJSON is not JSON in base64url.');
  }
}

/**
 * @param {string} authenticatorData base64url
 * @returns {{ flags: VerifiedFlags, counter: number }}
 */
function readAuthenticatorData(authenticatorData) {
  const { flags, counter } = parseAuthenticatorData(isoBase64URL.toBuffer(authenticatorData));
  const { up, uv, be, bs, at, ed } = flags;
  return { flags: { up, uv, be, bs, at, ed }, counter };
}

/**
 * Runs a verification of the library and turns what it throws into a refusal.
 * @template T
 * @param {() => Promise<T>} verify
 * @returns {Promise<T>}
 */
async function refuseOnThrow(verify) {
  try {
    return await verify();
  } catch (error) {
    throw new Refusal('VerificationFailed', error instanceof Error ? error.message : String(error));
  }
}

/** @param {Uint8Array<ArrayBuffer>} publicKey COSE_Key */
function describeAlgorithm(publicKey) {
  const id = Number(decodeCredentialPublicKey(publicKey).get(cose.COSEKEYS.alg));
  const name = Object.entries(algorithmIds).find(([, value]) => value === id)?.[0];
  return { algorithm: name ?? String(id), algorithmId: id };
}

/** @param {Site} site @param {string} credentialId */
function ownerOf(site, credentialId) {
  for (const user of site.users.values()) {
    const held = user.credentials.find(({ credential }) => credential.id === credentialId);
    if (held !== undefined) return { user, held };
  }
  return undefined;
}

/**
 * Verifies a registration, stores the credential and says what was verified.
 * @param {Site} site
 * @param {Place} place
 * @param {RegistrationResponseJSON} response
 */
export async function verifyRegistration(site, place, response) {
  const pending = takePending(site, 'register', response);
  const result = await refuseOnThrow(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: () => true,
      expectedOrigin: place.origin,
      expectedRPID: pending.rpId,
      requireUserVerification: pending.userVerification === 'required',
      supportedAlgorithmIDs: [...pending.supportedAlgorithmIDs],
    }),
  );
  if (!result.verified) throw new Refusal('VerificationFailed', 'The attestation signature is wrong.');
  const { credential, fmt, aaguid, attestationObject } = result.registrationInfo;
  if (ownerOf(site, credential.id) !== undefined) {
    throw new Refusal('CredentialInUse', 'This credential id is registered already.', 409);
  }
  const { flags, counter } = readAuthenticatorData(authDataOf(response, attestationObject));
  const { user } = pending;
  if (user === undefined) throw new Refusal('BadRequest', 'A registration needs an account.');
  const stored = site.users.get(user.name) ?? user;
  site.users.set(user.name, stored);
  stored.credentials.push({ credential, flags, fmt, aaguid, rpId: pending.rpId });
  return {
    user: user.name,
    credentialId: credential.id,
    fmt,
    aaguid,
    ...describeAlgorithm(credential.publicKey),
    flags,
    counter,
    transports: credential.transports ?? [],
    authenticatorAttachment: response.authenticatorAttachment ?? null,
    discoverable: response.clientExtensionResults.credProps?.rk ?? null,
    clientExtensionResults: response.clientExtensionResults,
  };
}

/**
 * The authenticator data of a registration; older browsers leave the extra member out of the JSON.
 * @param {RegistrationResponseJSON} response
 * @param {Uint8Array<ArrayBuffer>} attestationObject
 */
function authDataOf(response, attestationObject) {
  if (response.response.authenticatorData !== undefined) return response.response.authenticatorData;
  const authData = decodeAttestationObject(attestationObject).get('authData');
  return isoBase64URL.fromBuffer(authData);
}

/**
 * Verifies an assertion, moves the counter and says what was verified. A counter that did not grow is refused after
 * the signature was found good, so that the refusal means what it says: two copies of one key.
 * @param {Site} site
 * @param {Place} place
 * @param {AuthenticationResponseJSON} response
 */
export async function verifyAuthentication(site, place, response) {
  const pending = takePending(site, 'sign-in', response);
  const owner = ownerOf(site, response.id);
  if (owner === undefined)
    throw new Refusal('UnknownCredential', 'The server does not know this credential.', 404);
  const { user, held } = owner;
  const before = held.credential.counter;
  /** @type {WebAuthnCredential} */
  const credential = { ...held.credential, counter: 0 };
  const result = await refuseOnThrow(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: () => true,
      expectedOrigin: place.origin,
      expectedRPID: pending.rpId,
      credential,
      requireUserVerification: pending.userVerification === 'required',
    }),
  );
  if (!result.verified) throw new Refusal('VerificationFailed', 'The signature is wrong.');
  const { flags, counter } = readAuthenticatorData(response.response.authenticatorData);
  requireOwner(pending.user, user, response.response.userHandle);
  requireSameEligibility(held.flags, flags);
  requireGrowth(before, counter);
  held.credential.counter = counter;
  held.flags = flags;
  return {
    user: user.name,
    credentialId: held.credential.id,
    ...describeAlgorithm(held.credential.publicKey),
    flags,
    counterBefore: before,
    counterAfter: counter,
    userHandle: response.response.userHandle ?? null,
    authenticatorAttachment: response.authenticatorAttachment ?? null,
    clientExtensionResults: response.clientExtensionResults,
  };
}

/**
 * WebAuthn L3 §7.2 step 6: the credential belongs to the account that was asked for, or that the user handle names.
 * @param {User | undefined} asked
 * @param {User} owner
 * @param {string | undefined} userHandle
 */
function requireOwner(asked, owner, userHandle) {
  if (asked !== undefined && asked.name !== owner.name) {
    throw new Refusal('WrongUser', `This credential belongs to another account than “${asked.name}”.`);
  }
  if (asked === undefined && userHandle === undefined) {
    throw new Refusal('VerificationFailed', 'A usernameless sign-in must return a user handle.');
  }
  if (userHandle !== undefined && userHandle !== isoBase64URL.fromBuffer(owner.id)) {
    throw new Refusal('WrongUser', 'The user handle names another account than the credential.');
  }
}

/**
 * WebAuthn L3 §7.2 step 19: backup eligibility never changes.
 * @param {VerifiedFlags} before
 * @param {VerifiedFlags} now
 */
function requireSameEligibility(before, now) {
  if (before.be === now.be) return;
  throw new Refusal('BackupEligibilityChanged', `The BE flag was ${before.be} and is now ${now.be}.`);
}

/**
 * WebAuthn L3 §7.2 step 22.
 * @param {number} before
 * @param {number} now
 */
function requireGrowth(before, now) {
  if ((before === 0 && now === 0) || now > before) return;
  throw new Refusal(
    'CounterWentBack',
    `The signature counter is ${now}, but the server has seen ${before}: this may be a copy of the key.`,
    409,
  );
}

/**
 * What the server remembers, for people and tests.
 * @param {Site} site
 */
export function listUsers(site) {
  return [...site.users.values()].map((user) => ({
    name: user.name,
    id: isoBase64URL.fromBuffer(user.id),
    credentials: user.credentials.map(({ credential, flags, fmt, aaguid, rpId }) => ({
      id: credential.id,
      rpId,
      fmt,
      aaguid,
      ...describeAlgorithm(credential.publicKey),
      counter: credential.counter,
      flags,
      transports: credential.transports ?? [],
    })),
  }));
}
