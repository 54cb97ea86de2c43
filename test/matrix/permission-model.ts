import { product } from './product.ts';

/**
 * CTAP 2.3 §6.7, §6.8, §6.10.2 and §6.11 once more, written from the standard's steps alone: who may do what with
 * which token. The parameters of each subcommand are good, and so is all else that does not vary.
 */
export interface PermissionCase {
  readonly action: Action;
  /** What protects the key: nothing, a PIN, or a finger without a PIN that is set. */
  readonly protection: 'none' | 'pin' | 'finger';
  readonly alwaysUv: boolean;
  readonly token: Token;
  /** pinUvAuthProtocol of the request; the token is one of protocol two. */
  readonly protocol: 2 | 1 | 3 | undefined;
}

export const actions = [
  'getCredsMetadata',
  'enumerateRpsBegin',
  'enumerateCredentialsBegin',
  'deleteCredential',
  'updateUserInformation',
  'enrollBegin',
  'enumerateEnrollments',
  'setFriendlyName',
  'removeEnrollment',
  'enableEnterpriseAttestation',
  'toggleAlwaysUv',
  'setMinPinLength',
  'enableLongTouchForReset',
  'vendorPrototype',
  'setLargeBlob',
] as const;
export type Action = (typeof actions)[number];

export const tokens = [
  'absent',
  'garbage',
  'mc',
  'ga',
  'cm',
  'be',
  'lbw',
  'acfg',
  'pcmr',
  /** Of getPinToken. */
  'legacy',
  /** cm, bound to the site of the credential, or to another. */
  'cm of the site',
  'cm of another',
] as const;
export type Token = (typeof tokens)[number];

const management: readonly Action[] = actions.slice(0, 5);
const enrolment: readonly Action[] = actions.slice(5, 9);
const reading: readonly Action[] = actions.slice(0, 3);
/** For which no RP makes sense. */
const ofWholeKey: readonly Action[] = actions.slice(0, 2);

/** What is true of every command once it is clear that it needs authorisation. */
function authorize({ protocol, token }: PermissionCase, accepts: (token: Token) => boolean): string {
  if (token === 'absent') return 'PUAT_REQUIRED';
  if (protocol === undefined) return 'MISSING_PARAMETER';
  if (protocol === 3) return 'INVALID_PARAMETER';
  // The token of one protocol is none of the other; the persistent one is of both.
  if (protocol === 1 && token !== 'pcmr') return 'PIN_AUTH_INVALID';
  return accepts(token) ? 'OK' : 'PIN_AUTH_INVALID';
}

function manages(action: Action, token: Token): boolean {
  switch (token) {
    case 'cm':
      return true;
    case 'pcmr':
      return reading.includes(action);
    case 'cm of the site':
      return !ofWholeKey.includes(action);
    default:
      return false;
  }
}

export function expectPermission(c: PermissionCase): string {
  const { action, alwaysUv, protection } = c;
  if (management.includes(action)) return authorize(c, (token) => manages(action, token));
  if (enrolment.includes(action)) return authorize(c, (token) => token === 'be');
  const isProtected = protection !== 'none';
  if (!isProtected && !alwaysUv) return 'OK';
  // Nobody could ever switch it off again.
  if (action === 'toggleAlwaysUv' && !isProtected) return 'OK';
  return authorize(c, (token) => token === (action === 'setLargeBlob' ? 'lbw' : 'acfg'));
}

export const permissionCases: readonly PermissionCase[] = product<PermissionCase>({
  action: actions,
  protection: ['none', 'pin', 'finger'],
  alwaysUv: [false, true],
  token: tokens,
  protocol: [2, 1, 3, undefined],
}).filter(
  ({ action, protection, token }) =>
    // There is no token without something that verifies, no legacy one without a PIN, and no finger to name without one.
    (protection !== 'none' || token === 'absent' || token === 'garbage') &&
    (token !== 'legacy' || protection === 'pin') &&
    (protection === 'finger' ||
      !['enumerateEnrollments', 'setFriendlyName', 'removeEnrollment'].includes(action)),
);
