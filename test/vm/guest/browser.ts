/** What the suites need of a browser, whichever it is. */
import type { Screen } from './screen.ts';
import type { Scope } from './suite.ts';

export interface Page {
  /** Loads an address; a ceremony that was waiting on the old page is over. */
  readonly open: (url: string) => Promise<void>;
  /** The value of an expression in the page, awaited there when it is a promise. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly click: (selector: string) => Promise<void>;
  readonly choose: (selector: string, value: string) => Promise<void>;
}

export interface Browser {
  readonly name: string;
  /** Opens a window on the screen; the scope closes it. */
  readonly launch: (scope: Scope, screen: Screen) => Promise<Page>;
  /** Whether a failure stays up in a dialog, and the page learns of it only when someone has closed that. */
  readonly explainsFailures: boolean;
  /** Whether a dialog shows which account a usernameless sign-in is about to use. */
  readonly confirmsAccount: boolean;
  /** Whether a page gets results of PRF when it registers, and not only when it signs in. */
  readonly evaluatesPrfAtCreate: boolean;
  /** Sets the first PIN of the key in the browser's own surface, and runs a ceremony that asks for it. */
  readonly setPin: <T>(screen: Screen, pin: string, ceremony: () => Promise<T>) => Promise<T>;
}
