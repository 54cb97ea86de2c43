/** Whoever can lay hands on the key. */
export interface Person {
  /** The key waits for a touch: told once for each check. */
  touch(): void;
  /** Unplugs the key and plugs it in again; false if nobody can. */
  replug(): Promise<boolean>;
}
