import { KeyResponseError } from '../errors.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import { hasExtension, type CeremonyContext } from './context.ts';
import { mergePlans, type GetPlan } from './extension.ts';
import { parseSalts, prfSalts, requestSalts } from './hmac-secret.ts';
import { planLargeBlobRead, planLargeBlobWrite } from './large-blob-plan.ts';
import type { ExtensionInputsJson, PrfValuesJson, RequestOptionsJson } from './options.ts';
import type { Verification } from './user-verification.ts';
import { WebAuthnClientError } from './webauthn-error.ts';

/** Checks that need no key (WebAuthn L3 §10.1.4, §10.1.5). */
export function checkGetExtensions({ extensions = {}, allowCredentials = [] }: RequestOptionsJson): void {
  checkEvalByCredential(
    extensions,
    allowCredentials.map(({ id }) => id),
  );
  const { largeBlob } = extensions;
  if (largeBlob === undefined) return;
  if (largeBlob.support !== undefined) throw unsupported('largeBlob.support is for registration');
  if (largeBlob.read === true && largeBlob.write !== undefined)
    throw unsupported('largeBlob cannot read and write');
  if (largeBlob.write !== undefined && allowCredentials.length !== 1) {
    throw unsupported('largeBlob.write needs exactly one allowed credential');
  }
}

function checkEvalByCredential({ prf }: ExtensionInputsJson, allowed: readonly string[]): void {
  const ids = Object.keys(prf?.evalByCredential ?? {});
  if (ids.length > 0 && allowed.length === 0)
    throw unsupported('prf.evalByCredential needs allowed credentials');
  if (ids.some((id) => id === '' || !allowed.includes(id))) {
    throw new WebAuthnClientError(
      'SyntaxError',
      'prf.evalByCredential names a credential that is not allowed',
    );
  }
}

function unsupported(message: string): WebAuthnClientError {
  return new WebAuthnClientError('NotSupportedError', message);
}

/**
 * Extensions of an assertion. `credentialId` is the credential that the key was found to have, if the page allowed
 * certain ones.
 */
export async function planGetExtensions(
  context: CeremonyContext,
  inputs: ExtensionInputsJson,
  credentialId: Uint8Array | undefined,
  verification: Verification,
): Promise<GetPlan> {
  return mergePlans([
    planCredBlob(context, inputs),
    await planHmacSecret(context, inputs, credentialId),
    planLargeBlobRead(context, inputs),
    await planLargeBlobWrite(context, inputs, verification),
  ]);
}

function planCredBlob(context: CeremonyContext, { getCredBlob }: ExtensionInputsJson): GetPlan | undefined {
  if (getCredBlob !== true || !hasExtension(context, 'credBlob')) return undefined;
  return {
    inputs: { credBlob: true },
    read: ({ parsed }, outputs) => {
      const blob = parsed.extensions?.get('credBlob');
      if (!(blob instanceof Uint8Array))
        throw new KeyResponseError('the output of credBlob is no byte string');
      outputs.getCredBlob = encodeBase64Url(blob);
    },
  };
}

async function planHmacSecret(
  context: CeremonyContext,
  { prf, hmacGetSecret }: ExtensionInputsJson,
  credentialId: Uint8Array | undefined,
): Promise<GetPlan | undefined> {
  const values = choosePrfValues(prf, credentialId);
  if (!hasExtension(context, 'hmac-secret')) return prf === undefined ? undefined : emptyPrf;
  const salts = values
    ? prfSalts(context, values)
    : hmacGetSecret && parseSalts(hmacGetSecret.salt1, hmacGetSecret.salt2);
  const request = salts && (await requestSalts(context, salts));
  if (request === undefined) return prf === undefined ? undefined : emptyPrf;
  return {
    inputs: { 'hmac-secret': request.input },
    read: ({ parsed }, outputs) => {
      const results = request.open(parsed.extensions?.get('hmac-secret'))?.map(encodeBase64Url);
      const [first, second] = results ?? [];
      if (values) outputs.prf = first === undefined ? {} : { results: { first, ...(second && { second }) } };
      else if (first !== undefined)
        outputs.hmacGetSecret = { output1: first, ...(second && { output2: second }) };
    },
  };
}

const emptyPrf: GetPlan = {
  inputs: {},
  read: (_, outputs) => {
    outputs.prf = {};
  },
};

/** The entry for the credential in use wins over the common one (WebAuthn L3 §10.1.4). */
function choosePrfValues(
  prf: ExtensionInputsJson['prf'],
  credentialId: Uint8Array | undefined,
): PrfValuesJson | undefined {
  const own = credentialId && prf?.evalByCredential?.[encodeBase64Url(credentialId)];
  return own ?? prf?.eval;
}

/** Whether an extension needs the secret that stands for a verified user (WebAuthn L3 §10.1.4). */
export function evaluatesPrf({ prf }: ExtensionInputsJson): boolean {
  return prf?.eval !== undefined || prf?.evalByCredential !== undefined;
}

/** Bytes to write, checked before the user is bothered. */
export function largeBlobToWrite({ largeBlob }: ExtensionInputsJson): Uint8Array | undefined {
  return largeBlob?.write === undefined ? undefined : decodeBase64Url(largeBlob.write, 'largeBlob.write');
}
