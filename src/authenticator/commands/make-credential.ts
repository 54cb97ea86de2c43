import { decodeMessage } from '../../cbor/table.ts';
import { encodeMakeCredentialResponse, makeCredentialTable } from '../../ctap/messages/make-credential.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { prepareCreateExtensions } from '../extensions/registry.ts';
import { permission } from '../../ctap/permission.ts';
import { requirePresence } from '../steps/ask-user.ts';
import { checkLengths, checkUserId } from '../steps/check-request.ts';
import { chooseAlgorithm } from '../steps/choose-algorithm.ts';
import { createCredential } from '../steps/create-credential.ts';
import { grantsEnterpriseAttestation } from '../steps/enterprise-attestation.ts';
import { checkExcludeList } from '../steps/exclude-list.ts';
import { readCreateOptions } from '../steps/options.ts';
import { readPinUvAuth } from '../steps/pin-uv-auth.ts';
import { accountOf } from '../steps/subject.ts';
import { answerTouchProbe } from '../steps/touch-probe.ts';
import { applyAlwaysUv, requireUvForCreation } from '../steps/uv-policy.ts';
import { spendTouch, verifyUser } from '../steps/verify-user.ts';

/** authenticatorMakeCredential (CTAP 2.3 §6.1.2), step by step. */
export async function makeCredential(
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  const request = decodeMessage(makeCredentialTable, parameters).fields;
  const { clientDataHash, rp, user } = request;
  checkLengths(clientDataHash, rp.id);
  checkUserId(user.id);
  const subject = {
    site: rp.id,
    accounts: [accountOf(user)],
    ...(rp.name !== undefined && { siteName: rp.name }),
  };
  const rpIdHash = environment.rpIdHashes.of(rp.id);

  await answerTouchProbe(environment, transaction, request.pinUvAuthParam);
  const auth = readPinUvAuth(environment, request.pinUvAuthParam, request.pinUvAuthProtocol);
  const algorithm = chooseAlgorithm(environment, request.pubKeyCredParams);
  const { rk, ...options } = readCreateOptions(environment, request.options, auth);
  const uv = applyAlwaysUv(environment, auth, options.uv);
  requireUvForCreation(environment, auth, { rk, uv });
  const enterprise = grantsEnterpriseAttestation(environment, request.enterpriseAttestation, rp.id);
  const outcome = await verifyUser(environment, transaction, {
    auth,
    uv,
    clientDataHash,
    rpId: rp.id,
    permission: permission.makeCredential,
    subject: { ...subject, purpose: 'register' },
  });
  await checkExcludeList(environment, transaction, rpIdHash, request.excludeList ?? [], outcome, subject);
  if (!outcome.userPresent)
    await requirePresence(environment, transaction, { ...subject, purpose: 'register' });
  const extensions = prepareCreateExtensions({
    environment,
    rpId: rp.id,
    discoverable: rk,
    userVerified: outcome.userVerified,
    verifiedBy: outcome.verifiedBy,
    inputs: request.extensions ?? new Map(),
  });
  const response = await createCredential(environment, {
    request,
    rpIdHash,
    algorithm,
    discoverable: rk,
    userVerified: outcome.userVerified,
    enterprise,
    extensions,
  });
  spendTouch(environment);
  return encodeMakeCredentialResponse(response);
}
