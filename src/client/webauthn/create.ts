import { encodeCbor } from '../../cbor/encode.ts';
import { cborMap } from '../../cbor/map.ts';
import { encodeAuthData } from '../../ctap/auth-data.ts';
import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { publicKeyType, type CredentialParameters } from '../../ctap/entities.ts';
import { coseLabel } from '../../cose/key.ts';
import { permission } from '../../ctap/permission.ts';
import { publicKeyParameters, type MakeCredentialParameters } from '../ctap-client.ts';
import { KeyResponseError } from '../errors.ts';
import type { Registration } from '../responses.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import type { ClientData } from './client-data.ts';
import { attachmentOf, option, touchOptions, type CeremonyContext } from './context.ts';
import { planCreateExtensions } from './create-extensions.ts';
import { batch, findOwn, parseDescriptors } from './lists.ts';
import {
  parseRequirement,
  type CreationOptionsJson,
  type ExtensionOutputsJson,
  type RegistrationJson,
} from './options.ts';
import { encodeSpki } from './spki.ts';
import { isProtected, verifyUser, type Verification } from './user-verification.ts';
import { WebAuthnClientError } from './webauthn-error.ts';

/** The algorithms of a page that names none (WebAuthn L3 §5.1.3 step 10). */
const defaultAlgorithms = [-7, -257];

/** Checks that need no key (WebAuthn L3 §5.1.3 steps 5 to 10). */
export function checkCreationOptions(options: CreationOptionsJson): void {
  const { length } = decodeBase64Url(options.user.id, 'user.id');
  if (length < 1 || length > 64) throw new WebAuthnClientError('TypeError', 'user.id has 1 to 64 bytes');
  decodeBase64Url(options.challenge, 'challenge');
  algorithmsOf(options);
}

function algorithmsOf({ pubKeyCredParams }: CreationOptionsJson): readonly CredentialParameters[] {
  if (pubKeyCredParams.length === 0) return publicKeyParameters(...defaultAlgorithms);
  const known = pubKeyCredParams.filter(({ type }) => type === publicKeyType);
  if (known.length > 0) return known.map(({ alg, type }) => ({ alg, type }));
  throw new WebAuthnClientError('NotSupportedError', 'no entry of pubKeyCredParams has type public-key');
}

/** navigator.credentials.create() with one security key, after the checks (WebAuthn L3 §5.1.3 steps 20 on). */
export async function createCredential(
  context: CeremonyContext,
  options: CreationOptionsJson,
  clientData: ClientData,
): Promise<RegistrationJson> {
  const selection = options.authenticatorSelection ?? {};
  requireAttachment(context, options);
  const residentKey = chooseResidentKey(context, selection);
  const requirement = parseRequirement(selection.userVerification, 'preferred');
  const verification = await verifyUser(context, {
    requirement,
    mandatory: mustVerify(context, residentKey),
    permissions: permission.makeCredential | permission.getAssertion,
    rpId: context.rpId,
    impossible: 'ConstraintError',
  });
  const extensions = await planCreateExtensions(context, options.extensions ?? {}, residentKey);
  const request: MakeCredentialParameters = {
    clientDataHash: clientData.hash,
    rp: { id: context.rpId, name: options.rp.name },
    user: {
      id: decodeBase64Url(options.user.id, 'user.id'),
      name: options.user.name,
      displayName: options.user.displayName,
    },
    pubKeyCredParams: algorithmsOf(options),
    ...(await chooseExcludeList(context, options, verification)),
    ...(Object.keys(extensions.inputs).length > 0 && { extensions: extensions.inputs }),
    ...chooseOptions(residentKey, verification),
    ...(verification.token && { pinUvAuthToken: verification.token }),
    ...chooseAttestation(context, options),
  };
  const response = await context.ctap.makeCredential(request, touchOptions(context));
  checkResponse(context, response, requirement === 'required', request.pubKeyCredParams);
  const outputs: ExtensionOutputsJson = {};
  await extensions.read(response, outputs);
  const attested =
    options.attestation === undefined || options.attestation === 'none' ? anonymize(response) : response;
  return toJson(context, attested, clientData, outputs);
}

/** Hints win where they contradict the attachment that the page asked for (WebAuthn L3 §5.8.7). */
function requireAttachment(
  context: CeremonyContext,
  { authenticatorSelection, hints = [] }: CreationOptionsJson,
): void {
  const wanted = authenticatorSelection?.authenticatorAttachment;
  const own = attachmentOf(context);
  if (wanted !== 'platform' && wanted !== 'cross-platform') return;
  const hinted = own === 'platform' ? hints.includes('client-device') : hints.includes('security-key');
  if (wanted === own || hinted) return;
  const mismatch =
    own === 'platform'
      ? 'a platform authenticator is no roaming one'
      : 'a security key is no platform authenticator';
  throw new WebAuthnClientError('NotAllowedError', mismatch);
}

function chooseResidentKey(
  context: CeremonyContext,
  selection: NonNullable<CreationOptionsJson['authenticatorSelection']>,
): boolean {
  const otherwise = selection.requireResidentKey === true ? 'required' : 'discouraged';
  const requirement = parseRequirement(selection.residentKey, otherwise);
  const supported = option(context, 'rk') === true;
  if (requirement === 'required' && !supported) {
    throw new WebAuthnClientError('ConstraintError', 'the key keeps no discoverable credentials');
  }
  return requirement !== 'discouraged' && supported;
}

/** CTAP 2.3 §6.1.2 steps 6 to 8: what the key would refuse without verification. */
function mustVerify(context: CeremonyContext, residentKey: boolean): boolean {
  if (option(context, 'alwaysUv') === true) return true;
  const spared = option(context, 'makeCredUvNotRqd') === true && !residentKey;
  return isProtected(context) && !spared;
}

function chooseOptions(
  residentKey: boolean,
  { builtIn }: Verification,
): Pick<MakeCredentialParameters, 'options'> {
  if (!residentKey && !builtIn) return {};
  return { options: { ...(residentKey && { rk: true }), ...(builtIn && { uv: true }) } };
}

/**
 * A list that the key takes in one piece is its own affair. Of a longer one the key gets the piece with the credential
 * that it has, so that it refuses with a touch.
 */
async function chooseExcludeList(
  context: CeremonyContext,
  options: CreationOptionsJson,
  { token }: Verification,
): Promise<Pick<MakeCredentialParameters, 'excludeList'>> {
  const pieces = batch(context, parseDescriptors(options.excludeCredentials, 'excludeCredentials'));
  const [first] = pieces;
  if (first === undefined) return {};
  if (pieces.length === 1) return { excludeList: first };
  const found = await findOwn(context, pieces, token);
  return { excludeList: found?.piece ?? first };
}

function chooseAttestation(
  context: CeremonyContext,
  { attestation, attestationFormats }: CreationOptionsJson,
): Pick<MakeCredentialParameters, 'enterpriseAttestation' | 'attestationFormatsPreference'> {
  const { policy, rpId, info } = context;
  const enterprise = attestation === 'enterprise' && option(context, 'ep') === true;
  const level = policy.allowsEnterpriseAttestation?.(rpId) === true ? 2 : 1;
  const formats = info.attestationFormats && attestationFormats?.length ? attestationFormats : undefined;
  return {
    ...(enterprise && { enterpriseAttestation: level }),
    ...(formats && { attestationFormatsPreference: formats }),
  };
}

/** What browsers check before they pass a response on. */
function checkResponse(
  { ctap, rpId }: CeremonyContext,
  { parsed }: Registration,
  uvRequired: boolean,
  algorithms: readonly CredentialParameters[],
): void {
  if (!sameBytes(parsed.rpIdHash, ctap.platform.crypto.sha256(utf8Bytes(rpId)))) {
    throw new KeyResponseError('the key answered for another RP ID');
  }
  if (!parsed.userPresent) throw new KeyResponseError('the key made a credential without the user');
  if (uvRequired && !parsed.userVerified) throw new KeyResponseError('the key did not verify the user');
  const alg = parsed.attested?.publicKey.get(coseLabel.alg);
  if (!algorithms.some((wanted) => wanted.alg === alg)) {
    throw new KeyResponseError('the key answered without a public key of a wanted algorithm');
  }
}

function transportsOf(context: CeremonyContext): string[] {
  if (attachmentOf(context) === 'platform') return ['internal'];
  return [...(context.info.transports ?? ['usb'])].sort();
}

const anonymousAaguid = new Uint8Array(16);

/** Attestation conveyance `none`: self attestation without a model stays, everything else goes (WebAuthn L3 §5.1.3). */
function anonymize(response: Registration): Registration {
  const { attested } = response.parsed;
  if (attested === undefined) return response;
  const anonymous = sameBytes(attested.aaguid, anonymousAaguid);
  if (anonymous && response.fmt === 'packed' && !response.attStmt.has('x5c')) return response;
  const parsed = { ...response.parsed, attested: { ...attested, aaguid: anonymousAaguid } };
  return { ...response, fmt: 'none', attStmt: new Map(), authData: encodeAuthData(parsed), parsed };
}

function toJson(
  context: CeremonyContext,
  { fmt, attStmt, authData, parsed }: Registration,
  clientData: ClientData,
  outputs: ExtensionOutputsJson,
): RegistrationJson {
  const { attested } = parsed;
  if (attested === undefined) throw new KeyResponseError('the key answered without a credential');
  const id = encodeBase64Url(attested.credentialId);
  const attestationObject = encodeCbor(
    cborMap([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', authData],
    ]),
  );
  const spki = encodeSpki(attested.publicKey);
  return {
    id,
    rawId: id,
    type: publicKeyType,
    authenticatorAttachment: attachmentOf(context),
    clientExtensionResults: outputs,
    response: {
      clientDataJSON: encodeBase64Url(clientData.json),
      authenticatorData: encodeBase64Url(authData),
      attestationObject: encodeBase64Url(attestationObject),
      transports: transportsOf(context),
      publicKeyAlgorithm: Number(attested.publicKey.get(coseLabel.alg)),
      ...(spki && { publicKey: encodeBase64Url(spki) }),
    },
  };
}
