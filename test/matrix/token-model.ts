import { product } from './product.ts';

/**
 * CTAP 2.3 §6.5.5.7 once more, written from the standard's steps alone: what a request for a token is answered with.
 * The right PIN is always entered, unless the case says otherwise.
 */
export interface TokenCase {
  /** getPinToken, getPinUvAuthTokenUsingUvWithPermissions, getPinUvAuthTokenUsingPinWithPermissions. */
  readonly sub: 5 | 6 | 9;
  readonly pin: 'unset' | 'set' | 'mistyped' | 'forced' | 'blocked' | 'latched';
  /** Built-in verification: none, fingers of which none is enrolled, one that fits or not, used up; a PIN pad. */
  readonly uv: 'none' | 'empty' | 'matches' | 'fails' | 'blocked' | 'typed';
  readonly permissions: number | undefined;
  readonly rpId: boolean;
  readonly noMcGa: boolean;
  /** Options credMgmt, largeBlobs, authnrCfg and perCredMgmtRO. */
  readonly features: boolean;
  /** Options uvBioEnroll and uvAcfg. */
  readonly byUv: boolean;
}

const bits = { mc: 0x01, ga: 0x02, cm: 0x04, be: 0x08, lbw: 0x10, acfg: 0x20, pcmr: 0x40 } as const;

/** Whether the key has a sensor that platforms enrol fingers with. */
export function hasSensor({ uv }: TokenCase): boolean {
  return uv !== 'none' && uv !== 'typed';
}

function isAvailable(c: TokenCase, permissions: number): boolean {
  const byPin = c.sub === 9;
  const available: Readonly<Record<keyof typeof bits, boolean>> = {
    mc: !byPin || !c.noMcGa,
    ga: !byPin || !c.noMcGa,
    cm: c.features,
    be: byPin ? hasSensor(c) : hasSensor(c) && c.byUv,
    lbw: c.features,
    acfg: byPin ? c.features : c.features && c.byUv,
    pcmr: c.features && permissions === bits.pcmr,
  };
  return Object.entries(bits).every(
    ([name, bit]) => (permissions & bit) === 0 || available[name as keyof typeof bits],
  );
}

function enterPin(c: TokenCase, whenForced: string): string {
  switch (c.pin) {
    case 'unset':
      return 'PIN_NOT_SET';
    case 'blocked':
      return 'PIN_BLOCKED';
    case 'latched':
      return 'PIN_AUTH_BLOCKED';
    case 'mistyped':
      return 'PIN_INVALID';
    case 'forced':
      return whenForced;
    case 'set':
      return 'OK';
  }
}

function verify(c: TokenCase): string {
  if (c.uv === 'none' || c.uv === 'empty') return 'NOT_ALLOWED';
  // A blocked PIN takes built-in verification with it.
  if (c.uv === 'blocked' || c.pin === 'blocked') return 'UV_BLOCKED';
  if (c.uv === 'fails') return 'UV_INVALID';
  return c.uv === 'typed' && c.pin === 'forced' ? 'PIN_POLICY_VIOLATION' : 'OK';
}

export function expectToken(c: TokenCase): string {
  if (c.sub === 5) {
    const isNew = c.permissions !== undefined || c.rpId;
    return isNew ? 'INVALID_PARAMETER' : enterPin(c, 'PIN_INVALID');
  }
  if (c.permissions === undefined) return 'MISSING_PARAMETER';
  if ((c.permissions & (bits.mc | bits.ga)) !== 0 && !c.rpId) return 'MISSING_PARAMETER';
  if (c.permissions === 0) return 'INVALID_PARAMETER';
  if (!isAvailable(c, c.permissions)) return 'UNAUTHORIZED_PERMISSION';
  return c.sub === 9 ? enterPin(c, 'PIN_POLICY_VIOLATION') : verify(c);
}

const each = Object.values(bits);

export const tokenCases: readonly TokenCase[] = product<TokenCase>({
  sub: [5, 6, 9],
  pin: ['unset', 'set', 'mistyped', 'forced', 'blocked', 'latched'],
  uv: ['none', 'empty', 'matches', 'fails', 'blocked', 'typed'],
  permissions: [undefined, 0, ...each, 0x03, 0x3f, 0x44],
  rpId: [false, true],
  noMcGa: [false, true],
  features: [false, true],
  byUv: [false, true],
}).filter(
  // What does not exist: tokens by UV for a sensor that is none; what does not matter: the second PIN dimension.
  (c) => !(c.byUv && (!hasSensor(c) || !c.features)) && !(c.sub === 6 && c.pin === 'mistyped'),
);
