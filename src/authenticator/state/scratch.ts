/**
 * Secrets that one piece of work needs: shared secrets, PINs and salts in the clear. They are overwritten when the work
 * is over; copies that the runtime makes for itself are beyond anybody's reach.
 */
export class Scratch {
  #secrets: Uint8Array[] = [];

  /** Returns what it is given, for use until `wipe`. */
  keep(secret: Uint8Array): Uint8Array {
    this.#secrets.push(secret);
    return secret;
  }

  wipe(): void {
    for (const secret of this.#secrets) secret.fill(0);
    this.#secrets = [];
  }
}
