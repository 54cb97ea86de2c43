import type { Clock } from '../../ports/clock.ts';
import type { AgreementKey, CryptoProvider } from '../../ports/crypto.ts';
import type { Random } from '../../ports/random.ts';
import type { PendingEnrollment } from '../commands/bio-enrollment/enroll.ts';
import { PinUvAuthToken } from '../pin/token.ts';

/** PIN mismatches in a row after which only a power cycle helps (CTAP 2.3 §6.5.2.3). */
const maxConsecutiveMismatches = 3;

type ProtocolVersion = 1 | 2;

/** State that a key loses when it is pulled out. */
export class PowerCycle {
  readonly #clock: Clock;
  readonly #crypto: CryptoProvider;
  #poweredUpAt: number;
  #pinMismatches = 0;
  #agreementKeys: Record<ProtocolVersion, AgreementKey>;
  /** The fingerprint that is being enrolled. */
  enrollment: PendingEnrollment | undefined;
  readonly tokens: Readonly<Record<ProtocolVersion, PinUvAuthToken>>;

  constructor(clock: Clock, random: Random, crypto: CryptoProvider) {
    this.#clock = clock;
    this.#crypto = crypto;
    this.#poweredUpAt = clock.monotonic();
    this.#agreementKeys = { 1: crypto.createAgreementKey(), 2: crypto.createAgreementKey() };
    this.tokens = { 1: new PinUvAuthToken(clock, random), 2: new PinUvAuthToken(clock, random) };
  }

  /** Pulling the key out and putting it back. */
  restart(): void {
    this.#poweredUpAt = this.#clock.monotonic();
    this.forgetSecrets();
  }

  /** Key-agreement keys, tokens and the mismatch streak start anew, as at power-up; the reset window does not. */
  forgetSecrets(): void {
    this.#pinMismatches = 0;
    this.enrollment = undefined;
    this.renewAgreementKey(1);
    this.renewAgreementKey(2);
    this.resetTokens();
  }

  /** Milliseconds since power-up. */
  get age(): number {
    return this.#clock.monotonic() - this.#poweredUpAt;
  }

  agreementKey(version: ProtocolVersion): AgreementKey {
    return this.#agreementKeys[version];
  }

  /** regenerate (CTAP 2.3 §6.5.4). */
  renewAgreementKey(version: ProtocolVersion): void {
    this.#agreementKeys[version] = this.#crypto.createAgreementKey();
  }

  /** resetPinUvAuthToken for all protocols. */
  resetTokens(): void {
    this.tokens[1].renew();
    this.tokens[2].renew();
  }

  /** True after three wrong PINs in a row. */
  get pinLatched(): boolean {
    return this.#pinMismatches >= maxConsecutiveMismatches;
  }

  countPinMismatch(): void {
    this.#pinMismatches += 1;
  }

  clearPinMismatches(): void {
    this.#pinMismatches = 0;
  }
}
