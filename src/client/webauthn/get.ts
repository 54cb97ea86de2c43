import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { publicKeyType, type CredentialDescriptor } from '../../ctap/entities.ts';
import { permission } from '../../ctap/permission.ts';
import { publicKeyDescriptors, type GetAssertionParameters } from '../ctap-client.ts';
import { KeyResponseError } from '../errors.ts';
import type { Assertion } from '../responses.ts';
import { encodeBase64Url } from './base64url.ts';
import type { ClientData } from './client-data.ts';
import { attachmentOf, option, touchOptions, untilAborted, type CeremonyContext } from './context.ts';
import { evaluatesPrf, planGetExtensions } from './get-extensions.ts';
import { writesLargeBlobArray } from './large-blob-plan.ts';
import { batch, collectTouch, findOwn, parseDescriptors, unlessMissing } from './lists.ts';
import {
  parseRequirement,
  type AuthenticationJson,
  type ExtensionOutputsJson,
  type RequestOptionsJson,
} from './options.ts';
import { isProtected, verifyUser } from './user-verification.ts';
import { WebAuthnClientError } from './webauthn-error.ts';

/** navigator.credentials.get() with one security key, after the checks (WebAuthn L3 §5.1.4.1). */
export async function getAssertion(
  context: CeremonyContext,
  options: RequestOptionsJson,
  clientData: ClientData,
): Promise<AuthenticationJson> {
  const { extensions = {}, allowCredentials = [] } = options;
  const requirement = evaluatesPrf(extensions)
    ? 'required'
    : parseRequirement(options.userVerification, 'preferred');
  const writes = writesLargeBlobArray(context, extensions);
  const verification = await verifyUser(context, {
    requirement,
    // The array of a protected key takes writes with a token only (CTAP 2.3 §6.10.2).
    mandatory: option(context, 'alwaysUv') === true || (writes && isProtected(context)),
    permissions: permission.getAssertion | (writes ? permission.largeBlobWrite : 0),
    rpId: context.rpId,
    impossible: 'NotAllowedError',
  });
  const allowed = parseDescriptors(allowCredentials, 'allowCredentials');
  const own = await findOwn(context, batch(context, allowed), verification.token);
  if (allowCredentials.length > 0 && own === undefined) return refuseUnknown(context);
  const plan = await planGetExtensions(context, extensions, own?.id, verification);
  const request: GetAssertionParameters = {
    rpId: context.rpId,
    clientDataHash: clientData.hash,
    ...(own && { allowList: publicKeyDescriptors(own.id) }),
    ...(Object.keys(plan.inputs).length > 0 && { extensions: plan.inputs }),
    ...(verification.builtIn && { options: { uv: true } }),
    ...(verification.token && { pinUvAuthToken: verification.token }),
  };
  const assertions = await unlessMissing(() => context.ctap.getAssertions(request, touchOptions(context)));
  if (assertions === undefined) return refuseUnknown(context);
  const assertion = await chooseAssertion(context, assertions);
  checkResponse(context, assertion, requirement === 'required', request.allowList);
  const outputs: ExtensionOutputsJson = {};
  await plan.read(assertion, outputs);
  return toJson(context, assertion, clientData, outputs);
}

/** A page must not learn without the user that the key has no credential of it. */
async function refuseUnknown(context: CeremonyContext): Promise<never> {
  await collectTouch(context);
  throw new WebAuthnClientError('NotAllowedError', 'the key has no credential for this page');
}

async function chooseAssertion(
  { policy, signal }: CeremonyContext,
  assertions: readonly [Assertion, ...Assertion[]],
): Promise<Assertion> {
  const { user } = policy;
  if (assertions.length === 1 || user.chooseAccount === undefined) return assertions[0];
  const accounts = assertions.map((assertion) => assertion.user ?? { id: assertion.credentialId });
  const index = await untilAborted(signal, user.chooseAccount(accounts));
  const chosen = index === undefined ? undefined : assertions[index];
  if (chosen === undefined) throw new WebAuthnClientError('NotAllowedError', 'the user chose no account');
  return chosen;
}

/** What browsers check before they pass a response on. */
function checkResponse(
  { ctap, rpId }: CeremonyContext,
  { parsed, credentialId }: Assertion,
  uvRequired: boolean,
  allowList: readonly CredentialDescriptor[] | undefined,
): void {
  if (!sameBytes(parsed.rpIdHash, ctap.platform.crypto.sha256(utf8Bytes(rpId)))) {
    throw new KeyResponseError('the key answered for another RP ID');
  }
  if (!parsed.userPresent) throw new KeyResponseError('the key signed without the user');
  if (uvRequired && !parsed.userVerified) throw new KeyResponseError('the key did not verify the user');
  if (allowList?.some(({ id }) => sameBytes(id, credentialId)) === false) {
    throw new KeyResponseError('the key signed with a credential that was not allowed');
  }
}

function toJson(
  context: CeremonyContext,
  { credentialId, authData, signature, user }: Assertion,
  clientData: ClientData,
  outputs: ExtensionOutputsJson,
): AuthenticationJson {
  const id = encodeBase64Url(credentialId);
  return {
    id,
    rawId: id,
    type: publicKeyType,
    authenticatorAttachment: attachmentOf(context),
    clientExtensionResults: outputs,
    response: {
      clientDataJSON: encodeBase64Url(clientData.json),
      authenticatorData: encodeBase64Url(authData),
      signature: encodeBase64Url(signature),
      ...(user && { userHandle: encodeBase64Url(user.id) }),
    },
  };
}
