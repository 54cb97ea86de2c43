import { encodeAuthData } from '../../ctap/auth-data.ts';
import { concatBytes } from '../../ctap/bytes.ts';
import type { UserEntity } from '../../ctap/entities.ts';
import { CtapError } from '../../ctap/error.ts';
import type { GetAssertionResponse } from '../../ctap/messages/get-assertion.ts';
import type { Credential } from '../../ports/credential.ts';
import { nextCounter, noteUse } from '../counter.ts';
import type { Environment } from '../environment.ts';
import type { PreparedExtensions } from '../extensions/registry.ts';
import type { PinUvAuthToken } from '../pin/token.ts';

/** What all assertions of one request have in common. */
export interface AssertionContext {
  readonly rpIdHash: Uint8Array;
  readonly clientDataHash: Uint8Array;
  readonly userPresent: boolean;
  readonly userVerified: boolean;
  readonly extensions: PreparedExtensions;
}

/** Further accounts that getNextAssertion may ask for (CTAP 2.3 §6.2.2 step 12). */
export interface PendingAssertions {
  readonly kind: 'assertions';
  readonly context: AssertionContext;
  /** Ids of the credentials that were not returned yet, newest first. */
  readonly remaining: readonly Uint8Array[];
  /** The token that authorised the first assertion, with the value that it had then. */
  readonly token?: { readonly holder: PinUvAuthToken; readonly value: Uint8Array };
}

/**
 * Signs with one credential (CTAP 2.3 §6.2.2 step 13). The counter moves only with consent, and is durable before the
 * signature leaves. The credential is read again, since its owner may have changed or removed it while the user was
 * asked; NO_CREDENTIALS if it is gone.
 */
export async function assertWith(
  environment: Environment,
  chosen: Pick<Credential, 'id'>,
  context: AssertionContext,
): Promise<GetAssertionResponse> {
  const { crypto, keystore } = environment;
  const credential = keystore.find(context.rpIdHash, chosen.id);
  if (!credential) throw credentialIsGone();
  const counter = nextCounter(environment, credential, context.userPresent);
  const outputs = context.extensions.outputs(credential);
  const authData = encodeAuthData({
    rpIdHash: context.rpIdHash,
    userPresent: context.userPresent,
    userVerified: context.userVerified,
    backupEligible: credential.backupEligible,
    backupState: credential.backupState,
    signCount: counter.signCount,
    extensions: outputs.signed,
  });
  if (context.userPresent) {
    const stored = await noteUse(environment, credential, counter, outputs.change);
    if (!stored) throw credentialIsGone();
  }
  const signed = concatBytes(authData, context.clientDataHash);
  const user = visibleUser(credential, context.userVerified);
  return {
    credentialId: credential.id,
    authData,
    signature: crypto.sign(credential.algorithm, credential.privateKey, signed),
    ...(user && { user }),
    ...(outputs.largeBlobKey && { largeBlobKey: outputs.largeBlobKey }),
    ...(outputs.unsigned && { unsignedExtensionOutputs: outputs.unsigned }),
  };
}

function credentialIsGone(): CtapError {
  return new CtapError('NO_CREDENTIALS', 'the credential was removed from outside');
}

/** Who the account is: its id for discoverable credentials, its names only for a verified user (CTAP 2.3 §6.2.2). */
function visibleUser({ discoverable, user }: Credential, userVerified: boolean): UserEntity | undefined {
  if (!discoverable || !user) return undefined;
  return userVerified ? user : { id: user.id };
}
