import { credProtectLevel } from '../../ports/credential.ts';
import { readLargeBlobOutput } from '../responses.ts';
import { cborMap } from '../../cbor/map.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import { hasExtension, option, type CeremonyContext } from './context.ts';
import { mergePlans, type CreatePlan } from './extension.ts';
import { prfSalts, requestSalts } from './hmac-secret.ts';
import type { ExtensionInputsJson } from './options.ts';
import { WebAuthnClientError } from './webauthn-error.ts';

/** Extensions of a registration. `residentKey` is whether the credential will be discoverable. */
export async function planCreateExtensions(
  context: CeremonyContext,
  inputs: ExtensionInputsJson,
  residentKey: boolean,
): Promise<CreatePlan> {
  return mergePlans([
    planCredProps(inputs, residentKey),
    planCredProtect(context, inputs),
    planMinPinLength(context, inputs),
    planCredBlob(context, inputs),
    planHmacSecret(context, inputs),
    await planPrfEvaluation(context, inputs),
    planLargeBlob(context, inputs, residentKey),
  ]);
}

function planCredProps({ credProps }: ExtensionInputsJson, rk: boolean): CreatePlan | undefined {
  if (credProps !== true) return undefined;
  return {
    inputs: {},
    read: (_, outputs) => {
      outputs.credProps = { rk };
    },
  };
}

/** CTAP 2.3 §12.1: with `enforce`, a key that cannot protect must not get the credential. */
function planCredProtect(context: CeremonyContext, inputs: ExtensionInputsJson): CreatePlan | undefined {
  const policy = inputs.credentialProtectionPolicy;
  if (policy === undefined) return undefined;
  const level = new Map<string, number>(Object.entries(credProtectLevel)).get(
    policy === 'userVerificationOptionalWithCredentialIDList'
      ? 'userVerificationOptionalWithCredentialIdList'
      : policy,
  );
  if (level === undefined) throw new WebAuthnClientError('TypeError', `${policy} is no protection policy`);
  if (hasExtension(context, 'credProtect')) return { inputs: { credProtect: level }, read: () => undefined };
  if (
    inputs.enforceCredentialProtectionPolicy === true &&
    level > credProtectLevel.userVerificationOptional
  ) {
    throw new WebAuthnClientError('NotSupportedError', 'the key cannot protect credentials');
  }
  return undefined;
}

function planMinPinLength(
  context: CeremonyContext,
  { minPinLength }: ExtensionInputsJson,
): CreatePlan | undefined {
  if (minPinLength !== true || !hasExtension(context, 'minPinLength')) return undefined;
  return { inputs: { minPinLength }, read: () => undefined };
}

function planCredBlob(context: CeremonyContext, { credBlob }: ExtensionInputsJson): CreatePlan | undefined {
  if (credBlob === undefined || !hasExtension(context, 'credBlob')) return undefined;
  return {
    inputs: { credBlob: decodeBase64Url(credBlob, 'credBlob') },
    read: ({ parsed }, outputs) => {
      outputs.credBlob = parsed.extensions?.get('credBlob') === true;
    },
  };
}

function planHmacSecret(
  context: CeremonyContext,
  { hmacCreateSecret, prf }: ExtensionInputsJson,
): CreatePlan | undefined {
  if (prf?.evalByCredential !== undefined) {
    throw new WebAuthnClientError('NotSupportedError', 'prf.evalByCredential is for sign-in');
  }
  if (hmacCreateSecret !== true && prf === undefined) return undefined;
  const supported = hasExtension(context, 'hmac-secret');
  return {
    inputs: supported ? { 'hmac-secret': true } : {},
    read: ({ parsed }, outputs) => {
      const enabled = parsed.extensions?.get('hmac-secret') === true;
      if (hmacCreateSecret === true) outputs.hmacCreateSecret = enabled;
      if (prf !== undefined) outputs.prf = { enabled };
    },
  };
}

/** hmac-secret-mc lets a page have the outputs already at registration (CTAP 2.3 §12.8). */
async function planPrfEvaluation(
  context: CeremonyContext,
  { prf }: ExtensionInputsJson,
): Promise<CreatePlan | undefined> {
  if (prf?.eval === undefined || !hasExtension(context, 'hmac-secret-mc')) return undefined;
  const request = await requestSalts(context, prfSalts(context, prf.eval));
  if (request === undefined) return undefined;
  return {
    inputs: { 'hmac-secret-mc': request.input },
    read: ({ parsed }, outputs) => {
      const [first, second] = request.open(parsed.extensions?.get('hmac-secret-mc')) ?? [];
      if (first === undefined) return;
      outputs.prf = {
        ...outputs.prf,
        results: { first: encodeBase64Url(first), ...(second && { second: encodeBase64Url(second) }) },
      };
    },
  };
}

/** WebAuthn L3 §10.1.5, over either design that a key may have (CTAP 2.3 §12.3, §12.4). */
function planLargeBlob(
  context: CeremonyContext,
  { largeBlob }: ExtensionInputsJson,
  residentKey: boolean,
): CreatePlan | undefined {
  if (largeBlob === undefined) return undefined;
  if (largeBlob.read !== undefined || largeBlob.write !== undefined) {
    throw new WebAuthnClientError('NotSupportedError', 'largeBlob is read and written at sign-in');
  }
  const mandatory = largeBlob.support === 'required';
  const compressed = context.policy.compression !== undefined;
  if (compressed && hasExtension(context, 'largeBlob')) {
    return {
      inputs: { largeBlob: cborMap([['support', mandatory ? 'required' : 'preferred']]) },
      read: (response, outputs) => {
        outputs.largeBlob = { supported: readLargeBlobOutput(response)?.supported ?? false };
      },
    };
  }
  const byKey = compressed && residentKey && option(context, 'largeBlobs') === true;
  if (byKey && hasExtension(context, 'largeBlobKey')) {
    return {
      inputs: { largeBlobKey: true },
      read: ({ largeBlobKey }, outputs) => {
        outputs.largeBlob = { supported: largeBlobKey !== undefined };
      },
    };
  }
  if (mandatory)
    throw new WebAuthnClientError('NotAllowedError', 'the key keeps no large blobs for this credential');
  return {
    inputs: {},
    read: (_, outputs) => {
      outputs.largeBlob = { supported: false };
    },
  };
}
