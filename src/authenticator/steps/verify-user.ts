import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { isProtected } from '../features.ts';
import type { PinUvAuthToken, VerificationMethod } from '../pin/token.ts';
import { requireBuiltInUv, type UvSubject } from './built-in-uv.ts';
import { verifyTokenForRp, type PinUvAuth } from './pin-uv-auth.ts';

/** What a request brings to prove who the user is. */
export interface UvRequest {
  readonly auth: PinUvAuth | undefined;
  /** Built-in verification is to run. */
  readonly uv: boolean;
  readonly clientDataHash: Uint8Array;
  readonly rpId: string;
  readonly permission: number;
  readonly subject: UvSubject;
}

export interface UvOutcome {
  /** The uv bit of the response. */
  readonly userVerified: boolean;
  readonly verifiedBy?: VerificationMethod | undefined;
  /** The user showed presence already, so no further touch is asked for. */
  readonly userPresent: boolean;
  /** The token that authorised the request, if one did. */
  readonly token?: PinUvAuthToken;
}

/**
 * CTAP 2.3 §6.1.2 step 11, §6.2.2 step 6. SPEC-SILENT §6.1.2: on a key that nothing protects, a pinUvAuthParam is
 * ignored and the uv bit stays clear.
 */
export async function verifyUser(
  environment: Environment,
  transaction: Transaction,
  request: UvRequest,
): Promise<UvOutcome> {
  const { auth, clientDataHash, permission, rpId, subject, uv } = request;
  if (!isProtected(environment)) return { userVerified: false, userPresent: false };
  if (auth) {
    const token = verifyTokenForRp(environment, auth, clientDataHash, permission, rpId);
    return { userVerified: true, verifiedBy: token.verifiedBy, userPresent: token.userPresent, token };
  }
  if (!uv) return { userVerified: false, userPresent: false };
  await requireBuiltInUv(environment, transaction, subject);
  return { userVerified: true, verifiedBy: environment.profile.builtInUv?.modality, userPresent: true };
}

/**
 * A touch was spent: every token loses what a further makeCredential or getAssertion would need.
 *
 * DEVIATION §6.1.2 step 14: this happens when the command has succeeded, also in getAssertion (§6.2.2 step 9), so that
 * a request that an extension or a full store refuses after the touch costs no token.
 */
export function spendTouch({ power }: Environment): void {
  power.tokens[1].spendTouch();
  power.tokens[2].spendTouch();
}
