import type { Expected } from './model.ts';
import { product } from './product.ts';

/**
 * CTAP 2.3 §6.1.2 and §6.2.2 once more, for what the other model leaves out: lists, protection, permissions, room,
 * enterprise attestation and what the user does. The key has a PIN, and makeCredUvNotRqd is true.
 */
export type CeremonyToken = 'none' | 'mc' | 'ga' | 'legacy' | 'of another site';

export interface CreateCase {
  readonly token: CeremonyToken;
  readonly noMcGa: boolean;
  readonly rk: boolean;
  /** What the exclude list names; `hit` is the credential that the site has on the key. */
  readonly exclude: 'absent' | 'hit' | 'of another site' | 'hit of unknown type';
  /** credProtect of that credential. */
  readonly protect: 1 | 2 | 3;
  readonly room: 'free' | 'full' | 'full, but it replaces';
  readonly ep: 'incapable' | 'off' | 'on';
  readonly enterprise: 1 | 2 | 3 | undefined;
  readonly listed: boolean;
  readonly approves: boolean;
}

export interface GetCase {
  readonly token: CeremonyToken;
  readonly list: 'absent' | 'empty' | 'all' | 'unknown' | 'all of unknown type';
  /** credProtect of each account of the site, the oldest first. */
  readonly accounts: readonly (1 | 2 | 3)[];
  readonly up: boolean;
  readonly approves: boolean;
}

export interface CeremonyResult extends Expected {
  readonly epAtt?: boolean;
  readonly count?: number;
}

const status = (name: string): CeremonyResult => ({ status: name });

/** Whether the token verifies the user for a command; undefined for a token that does not authorise it. */
function verifies(token: CeremonyToken, permission: 'mc' | 'ga'): boolean | undefined {
  if (token === 'none') return false;
  return token === permission || token === 'legacy' ? true : undefined;
}

export function expectCreated(c: CreateCase): CeremonyResult {
  if (c.token === 'none' && c.rk) return status(c.noMcGa ? 'OPERATION_DENIED' : 'PUAT_REQUIRED');
  if (c.enterprise !== undefined && c.ep !== 'on') return status('INVALID_PARAMETER');
  if (c.enterprise === 3) return status('INVALID_OPTION');
  const uv = verifies(c.token, 'mc');
  if (uv === undefined) return status('PIN_AUTH_INVALID');
  const isExcluded = c.exclude === 'hit' && (c.protect !== 3 || uv);
  if (!c.approves) return status('OPERATION_DENIED');
  if (isExcluded) return status('CREDENTIAL_EXCLUDED');
  if (c.rk && c.room === 'full') return status('KEY_STORE_FULL');
  const epAtt = c.enterprise === 2 || (c.enterprise === 1 && c.listed);
  return { status: 'OK', up: true, uv, epAtt };
}

export function expectGot(c: GetCase): CeremonyResult {
  const uv = verifies(c.token, 'ga');
  if (uv === undefined) return status('PIN_AUTH_INVALID');
  const hasList = c.list !== 'absent' && c.list !== 'empty';
  const located = c.list === 'unknown' || c.list === 'all of unknown type' ? [] : c.accounts;
  const usable = located.filter((protect) => uv || protect === 1 || (protect === 2 && hasList));
  if (usable.length === 0) return status('NO_CREDENTIALS');
  if (c.up && !c.approves) return status('OPERATION_DENIED');
  return { status: 'OK', up: c.up, uv, count: hasList ? 1 : usable.length };
}

const ceremonyTokens = ['none', 'mc', 'ga', 'legacy', 'of another site'] as const;
const both = [false, true] as const;

/** A key whose PINs give no token for ceremonies has none to vary. */
const exists = ({ noMcGa, token }: CreateCase): boolean => !noMcGa || token === 'none';

export const createCases: readonly CreateCase[] = [
  ...product<CreateCase>({
    token: ceremonyTokens,
    noMcGa: both,
    rk: both,
    exclude: ['absent', 'hit', 'of another site', 'hit of unknown type'],
    protect: [1, 2, 3],
    room: ['free', 'full', 'full, but it replaces'],
    ep: ['incapable'],
    enterprise: [undefined],
    listed: [false],
    approves: both,
  }),
  ...product<CreateCase>({
    token: ceremonyTokens,
    noMcGa: both,
    rk: both,
    exclude: ['absent', 'hit'],
    protect: [1],
    room: ['free'],
    ep: ['incapable', 'off', 'on'],
    enterprise: [undefined, 1, 2, 3],
    listed: both,
    approves: both,
  }),
].filter(exists);

export const getCases: readonly GetCase[] = product<GetCase>({
  token: ceremonyTokens,
  list: ['absent', 'empty', 'all', 'unknown', 'all of unknown type'],
  accounts: [[], [1], [2], [3], [1, 2], [3, 1], [1, 2, 3]],
  up: both,
  approves: both,
});
