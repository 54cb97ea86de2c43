import { product } from './product.ts';

/**
 * CTAP 2.3 §6.1.2 and §6.2.2 once more, written from the standard's steps alone and without a look at the code: what
 * status a request gets, and which flags. Only the dimensions of `Case` vary, everything else is as it should be.
 */
export interface Case {
  readonly pinSet: boolean;
  /** Built-in verification: absent, one that recognises the user, or one that does not. */
  readonly builtInUv: 'none' | 'matches' | 'fails';
  readonly alwaysUv: 'on' | 'off' | 'unsupported';
  readonly makeCredUvNotRqd: boolean;
  readonly uv: boolean | undefined;
  readonly param: 'none' | 'valid' | 'invalid' | 'empty';
  readonly up: boolean | undefined;
  /** makeCredential only. */
  readonly rk: boolean | undefined;
}

export interface Expected {
  readonly status: string;
  readonly up?: boolean;
  readonly uv?: boolean;
}

const status = (name: string): Expected => ({ status: name });

function isProtected(c: Case): boolean {
  return c.pinSet || c.builtInUv !== 'none';
}

/** Steps 1 to 5 that both commands share; undefined to go on. */
function opening(c: Case): Expected | undefined {
  if (c.param === 'empty') return status(isProtected(c) ? 'PIN_INVALID' : 'PIN_NOT_SET');
  if (c.param === 'none' && c.uv === true && c.builtInUv === 'none') return status('INVALID_OPTION');
  return undefined;
}

/** alwaysUv: whether built-in verification is to run, or a status. */
function underAlwaysUv(c: Case, uv: boolean): boolean | Expected {
  if (!isProtected(c)) return status('PUAT_REQUIRED');
  if (c.param !== 'none' || uv) return uv;
  return c.builtInUv !== 'none' ? true : status('PUAT_REQUIRED');
}

/** Verification: the uv bit, or a status. */
function verify(c: Case, uv: boolean): boolean | Expected {
  if (!isProtected(c)) return false;
  if (c.param === 'valid') return true;
  if (c.param === 'invalid') return status('PIN_AUTH_INVALID');
  if (!uv) return false;
  return c.builtInUv === 'matches' ? true : status('PUAT_REQUIRED');
}

export function expectCreation(c: Case): Expected {
  const opened = opening(c);
  if (opened) return opened;
  if (c.up === false) return status('INVALID_OPTION');
  let uv = c.param === 'none' && c.uv === true;
  let notRequired = c.makeCredUvNotRqd;
  if (c.alwaysUv === 'on') {
    notRequired = false;
    const forced = underAlwaysUv(c, uv);
    if (typeof forced !== 'boolean') return forced;
    uv = forced;
  }
  const withoutUv = isProtected(c) && !uv && c.param === 'none';
  if (withoutUv && (!notRequired || c.rk === true)) return status('PUAT_REQUIRED');
  const verified = verify(c, uv);
  return typeof verified === 'boolean' ? { status: 'OK', up: true, uv: verified } : verified;
}

/** For a site with one discoverable credential of credProtect 1. */
export function expectAssertion(c: Case): Expected {
  const opened = opening(c);
  if (opened) return opened;
  if (c.rk !== undefined) return status('UNSUPPORTED_OPTION');
  const up = c.up ?? true;
  let uv = c.param === 'none' && c.uv === true;
  if (c.alwaysUv === 'on' && up) {
    const forced = underAlwaysUv(c, uv);
    if (typeof forced !== 'boolean') return forced;
    uv = forced;
  }
  const verified = verify(c, uv);
  return typeof verified === 'boolean' ? { status: 'OK', up, uv: verified } : verified;
}

const maybe = [undefined, false, true] as const;

export const cases: readonly Case[] = product<Case>({
  pinSet: [false, true],
  builtInUv: ['none', 'matches', 'fails'],
  alwaysUv: ['on', 'off', 'unsupported'],
  makeCredUvNotRqd: [false, true],
  uv: maybe,
  param: ['none', 'valid', 'invalid', 'empty'],
  up: maybe,
  rk: maybe,
});
