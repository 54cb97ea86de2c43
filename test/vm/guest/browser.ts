/** What the suites need of a browser, whichever it is. */

export interface Browser {
  readonly name: string;
  /** Loads an address; a ceremony that was waiting on the old page is over. */
  readonly open: (url: string) => Promise<void>;
  /** The value of an expression in the page, awaited there when it is a promise. */
  readonly evaluate: (expression: string) => Promise<unknown>;
}
