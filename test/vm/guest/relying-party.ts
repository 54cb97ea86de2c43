/** The example site, as a browser meets it: its page offers `window.relyingParty`, and forms that a person would use. */
import { join } from 'node:path';
import type { Page } from './browser.ts';
import { CHECKOUT } from './places.ts';
import { startDaemon } from './process.ts';
import type { Scope } from './suite.ts';
import { until } from './until.ts';

const SERVER = join(CHECKOUT, 'examples/relying-party/server.mjs');

/** Starts the site; answers its port. It answers to `localhost` and to each `NAME.localhost`, which is an RP ID of its own. */
export async function startRelyingParty(scope: Scope): Promise<number> {
  const daemon = startDaemon(scope, 'relying-party', process.execPath, [SERVER, '--port', '0']);
  return until('address of the relying party', 90, () => {
    const match = /http:\/\/localhost:(\d+)/.exec(daemon.printed());
    return match?.[1] === undefined ? undefined : Number(match[1]);
  });
}

export interface Flags {
  readonly up: boolean;
  readonly uv: boolean;
}

/** What the server verified, or why there is nothing. */
export type Ceremony =
  | {
      readonly ok: true;
      readonly user: string;
      readonly credentialId: string;
      readonly flags: Flags;
      readonly fmt?: string;
      readonly algorithm: string;
      readonly counter?: number;
      readonly counterBefore?: number;
      readonly counterAfter?: number;
      readonly transports?: readonly string[];
      readonly authenticatorAttachment: string | null;
      readonly userHandle?: string | null;
    }
  | {
      readonly ok: false;
      readonly error: {
        readonly name: string;
        readonly message: string;
        readonly from: 'browser' | 'server';
      };
    };

export type Verified = Extract<Ceremony, { ok: true }>;
type Wish = Readonly<Record<string, unknown>>;

/** What the page shows after a ceremony, by its labels, such as `Attachment`; the verdict is `Verdict`. */
export type Shown = ReadonlyMap<string, string>;

/** One page of the site in one browser. */
export class Site {
  readonly #page: Page;
  readonly #port: number;

  constructor(page: Page, port: number) {
    this.#page = page;
    this.#port = port;
  }

  async open(host = 'localhost'): Promise<void> {
    await this.#page.open(this.origin(host));
  }

  origin(host = 'localhost'): string {
    return `http://${host}:${this.#port}`;
  }

  register(wish: Wish): Promise<Ceremony> {
    return this.#call('register', wish);
  }

  signIn(wish: Wish = {}): Promise<Ceremony> {
    return this.#call('signIn', wish);
  }

  /** Fills in a form and presses its button, as a person would; answers what the page then says. */
  async submit(button: '#register' | '#sign-in', choices: Readonly<Record<string, string>>): Promise<Shown> {
    for (const [selector, value] of Object.entries(choices)) await this.#page.choose(selector, value);
    await this.#page.evaluate(`(() => {
      const result = document.getElementById('result');
      window.shown = new Promise((resolve) => new MutationObserver(resolve).observe(result, { childList: true }));
    })()`);
    await this.#page.click(button);
    const entries = await this.#page.evaluate(`window.shown.then(() => {
      const result = document.getElementById('result');
      result.scrollIntoView({ block: 'center' });
      const values = [...result.querySelectorAll('dt')].map((dt) => [dt.innerText, dt.nextSibling.innerText]);
      return JSON.stringify([['Verdict', result.querySelector('p').innerText], ...values]);
    })`);
    return new Map(JSON.parse(String(entries)) as [string, string][]);
  }

  /** Calls the page's own function, and leaves on the page what it answered, for the pictures. */
  async #call(ceremony: 'register' | 'signIn', wish: Wish): Promise<Ceremony> {
    const text = await this.#page.evaluate(`(async () => {
      const show = (textContent) => document.getElementById('result').replaceChildren(
        Object.assign(document.createElement('pre'), { textContent }));
      show('${ceremony} …');
      const result = await relyingParty.${ceremony}(${JSON.stringify(wish)});
      show(JSON.stringify({ ${ceremony}: result }, null, 1));
      return JSON.stringify(result);
    })()`);
    // As text, because each driver has its own idea of which objects it can carry.
    return JSON.parse(String(text)) as Ceremony;
  }
}

export function requireVerified(ceremony: Ceremony): Verified {
  if (ceremony.ok) return ceremony;
  const { name, message, from } = ceremony.error;
  throw new Error(`the ${from} said ${name}: ${message}`);
}

/** Checks that a ceremony failed in one way only; answers what was said. */
export function requireError(ceremony: Ceremony, name: string, from: 'browser' | 'server'): string {
  if (ceremony.ok) throw new Error(`expected ${name}, but the server verified ${JSON.stringify(ceremony)}`);
  const { error } = ceremony;
  if (error.name !== name || error.from !== from) {
    throw new Error(`expected ${name} from the ${from}, not ${JSON.stringify(error)}`);
  }
  return `${error.name} from the ${error.from}: ${error.message}`;
}
