import { permission } from '../../ctap/permission.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CryptoProvider } from '../../ports/crypto.ts';
import type { Random } from '../../ports/random.ts';
import type { BuiltInUvCapability } from '../profile.ts';
import type { PinUvAuthProtocol } from './protocol.ts';

/** How a user proves who they are: by a PIN that the platform takes, or on the key itself. */
export type VerificationMethod = 'client-pin' | BuiltInUvCapability['modality'];

/** Limits of a token over USB, in milliseconds (CTAP 2.3 §6.5.2.1). */
const initialUsageLimit = 30_000;
const userPresentLimit = 30_000;
const maxUsagePeriod = 600_000;

/** What a token is to stand for. */
export interface TokenGrant {
  readonly verifiedBy: VerificationMethod;
  /** The verification was a touch too. */
  readonly userPresent: boolean;
  readonly permissions: number;
  readonly rpId: string | undefined;
}

/** The pinUvAuthToken of one protocol and what it stands for at the moment (CTAP 2.3 §6.5.2.1). */
export class PinUvAuthToken {
  readonly #clock: Clock;
  readonly #random: Random;
  #value: Uint8Array;
  #inUse = false;
  #used = false;
  #since = 0;
  #permissions = 0;
  #permissionsRpId: string | undefined;
  #userVerified = false;
  #userPresent = false;
  #verifiedBy: VerificationMethod | undefined;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#value = random.bytes(32);
  }

  get value(): Uint8Array {
    return this.#value;
  }

  /** True from beginUsing until the token is reset or its time is over. */
  get inUse(): boolean {
    return this.#live();
  }

  get permissionsRpId(): string | undefined {
    return this.#permissionsRpId;
  }

  get userVerified(): boolean {
    return this.#live() && this.#userVerified;
  }

  /** How the user was verified when the token was issued. */
  get verifiedBy(): VerificationMethod | undefined {
    return this.#verifiedBy;
  }

  get userPresent(): boolean {
    return this.#live() && this.#userPresent && this.#age() <= userPresentLimit;
  }

  /** resetPinUvAuthToken: a new value that is not in use. The old value is wiped. */
  renew(): void {
    this.#value.fill(0);
    this.#value = this.#random.bytes(32);
    this.stopUsing();
  }

  /** beginUsingPinUvAuthToken with the permissions that go with it. */
  beginUsing(grant: TokenGrant): void {
    this.#inUse = true;
    this.#used = false;
    this.#since = this.#clock.monotonic();
    this.#permissions = grant.permissions;
    this.#permissionsRpId = grant.rpId;
    this.#userVerified = true;
    this.#userPresent = grant.userPresent;
    this.#verifiedBy = grant.verifiedBy;
  }

  /** stopUsingPinUvAuthToken: back to initial values. */
  stopUsing(): void {
    this.#inUse = false;
    this.#permissions = 0;
    this.#permissionsRpId = undefined;
    this.#verifiedBy = undefined;
    this.#userVerified = false;
    this.#userPresent = false;
  }

  /** True if `param` authenticates `message` under this token while it is in use; counts as a use. */
  verifies(
    protocol: PinUvAuthProtocol,
    crypto: CryptoProvider,
    message: Uint8Array,
    param: Uint8Array,
  ): boolean {
    if (!this.#live() || !protocol.verify(crypto, this.#value, message, param)) return false;
    this.#used = true;
    return true;
  }

  has(bit: number): boolean {
    return this.#live() && (this.#permissions & bit) !== 0;
  }

  bind(rpId: string): void {
    this.#permissionsRpId ??= rpId;
  }

  /** After a touch was spent: only large-blob writing remains (CTAP 2.3 §6.5.3.3, §6.5.3.4, §6.5.3.5). */
  spendTouch(): void {
    this.#userPresent = false;
    this.#userVerified = false;
    this.#permissions &= permission.largeBlobWrite;
  }

  /** Applies the usage timer, which is looked at rather than run (CTAP 2.3 §6.5.2.1). */
  #live(): boolean {
    if (this.#inUse && this.#age() > (this.#used ? maxUsagePeriod : initialUsageLimit)) this.stopUsing();
    return this.#inUse;
  }

  #age(): number {
    return this.#clock.monotonic() - this.#since;
  }
}
