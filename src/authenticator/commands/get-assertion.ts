import { decodeMessage } from '../../cbor/table.ts';
import {
  encodeGetAssertionResponse,
  getAssertionTable,
  type GetAssertionResponse,
} from '../../ctap/messages/get-assertion.ts';
import type { Credential } from '../../ports/credential.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { prepareGetExtensions } from '../extensions/registry.ts';
import type { PinUvAuthToken } from '../pin/token.ts';
import { permission } from '../../ctap/permission.ts';
import { requirePresence } from '../steps/ask-user.ts';
import { assertWith, type AssertionContext } from '../steps/assert.ts';
import { checkLengths } from '../steps/check-request.ts';
import { chooseAccount } from '../steps/choose-account.ts';
import { locateCredentials } from '../steps/locate.ts';
import { readGetOptions } from '../steps/options.ts';
import { readPinUvAuth } from '../steps/pin-uv-auth.ts';
import { accountOf } from '../steps/subject.ts';
import { answerTouchProbe } from '../steps/touch-probe.ts';
import { applyAlwaysUv } from '../steps/uv-policy.ts';
import { spendTouch, verifyUser } from '../steps/verify-user.ts';

/** authenticatorGetAssertion (CTAP 2.3 §6.2.2), step by step. */
export async function getAssertion(
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
): Promise<Uint8Array> {
  const request = decodeMessage(getAssertionTable, parameters).fields;
  const { clientDataHash, rpId } = request;
  checkLengths(clientDataHash, rpId);
  const rpIdHash = environment.rpIdHashes.of(rpId);
  const hasAllowList = request.allowList !== undefined && request.allowList.length > 0;

  await answerTouchProbe(environment, transaction, request.pinUvAuthParam);
  const auth = readPinUvAuth(environment, request.pinUvAuthParam, request.pinUvAuthProtocol);
  const options = readGetOptions(environment, request.options, auth);
  const { up } = options;
  const uv = up ? applyAlwaysUv(environment, auth, options.uv) : options.uv;
  const outcome = await verifyUser(environment, transaction, {
    auth,
    uv,
    clientDataHash,
    rpId,
    permission: permission.getAssertion,
    subject: { purpose: 'sign-in', site: rpId, accounts: [] },
  });
  const credentials = locateCredentials(environment, rpIdHash, request.allowList, outcome.userVerified);
  if (up) {
    const subject = { purpose: 'sign-in', site: rpId, accounts: credentials.flatMap(accountsOf) } as const;
    if (!outcome.userPresent) await requirePresence(environment, transaction, subject);
  }
  const extensions = prepareGetExtensions(
    {
      environment,
      rpId,
      userPresence: up,
      userVerified: outcome.userVerified,
      verifiedBy: outcome.verifiedBy,
      hasAllowList,
    },
    request.extensions ?? new Map(),
  );
  const context = {
    rpIdHash,
    clientDataHash,
    userPresent: up,
    userVerified: outcome.userVerified,
    extensions,
  };
  const response = hasAllowList
    ? await assertWithFirst(environment, credentials, context)
    : await assertForOneOf(environment, transaction, credentials, context, outcome.token);
  if (up) spendTouch(environment);
  return encodeGetAssertionResponse(response);
}

function accountsOf({ user }: Credential): ReturnType<typeof accountOf>[] {
  return user ? [accountOf(user)] : [];
}

/** CTAP 2.3 §6.2.2 step 11: with an allow list one credential answers, and nothing is remembered. */
async function assertWithFirst(
  environment: Environment,
  [first]: readonly Credential[],
  context: AssertionContext,
): Promise<GetAssertionResponse> {
  if (!first) throw new RangeError('locateCredentials never returns an empty list');
  return assertWith(environment, first, context);
}

/**
 * CTAP 2.3 §6.2.2 step 12: the newest account answers and the others wait, unless the user chooses on the key.
 * SPEC-SILENT §6.2.2: a single account is confirmed on a key that can show it, so that the platform need not ask again.
 */
async function assertForOneOf(
  environment: Environment,
  transaction: Transaction,
  credentials: readonly Credential[],
  context: AssertionContext,
  token: PinUvAuthToken | undefined,
): Promise<GetAssertionResponse> {
  const { accountChooser } = environment.profile;
  if (accountChooser && context.userPresent && context.userVerified) {
    const chosen = await chooseAccount(environment, transaction, credentials);
    return { ...(await assertWithFirst(environment, [chosen], context)), userSelected: true };
  }
  const response = await assertWithFirst(environment, credentials, context);
  if (credentials.length === 1) return response;
  environment.continuation.remember(transaction.channel, {
    kind: 'assertions',
    context,
    remaining: credentials.slice(1).map(({ id }) => id),
    ...(token && { token: { holder: token, value: token.value } }),
  });
  return { ...response, numberOfCredentials: credentials.length };
}
