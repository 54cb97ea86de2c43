import type { BrowserContext, Frame } from '@playwright/test';
import type { WebAuthnAnswer, WebAuthnBridge, WebAuthnCall } from '../app/webauthn-bridge.ts';
import type { Attachment } from '../client/webauthn/context.ts';
import { UsageError } from '../ports/errors.ts';
import type { BrowserUser } from './browser-user.ts';
import { isDelegated, placeOf } from './frame-origin.ts';
import { CeremonyBook, type PageCeremony } from './page-ceremony.ts';
import { pageScript } from './page-script.ts';
import type { PageMessage } from './page-types.ts';

export interface PageModeOptions {
  readonly bridge: WebAuthnBridge;
  readonly user: BrowserUser;
  readonly attachment: Attachment;
  /** Whether the key has a passkey for an RP ID, which is then offered beside a field. */
  hasPasskey(rpId: string): boolean;
}

/** A key that answers navigator.credentials in the pages of one browser context. */
export interface PageMode {
  /**
   * The user picks a passkey that a page offers beside a field (conditional mediation). Resolves when the page has its
   * answer. Throws UsageError when no page makes an offer in time, or the key has no passkey for it.
   */
  selectPasskey(options?: PasskeyChoice): Promise<void>;
}

export interface PasskeyChoice {
  /** Name or user id (hex) of the account; the newest unless given. */
  readonly account?: string;
  /** Milliseconds to wait for a page that offers passkeys; 5,000 unless given. */
  readonly timeoutMs?: number;
}

const bindingName = '__fauxkey';
const offerTimeout = 5000;

type Answer = WebAuthnAnswer<unknown>;
type CeremonyMessage = Extract<PageMessage, { readonly type: 'create' | 'get' }>;

/** Answers navigator.credentials in all pages of `context`, those open already excepted until they load again. */
export async function startPageMode(context: BrowserContext, options: PageModeOptions): Promise<PageMode> {
  const desk = new PageDesk(options);
  await context.exposeBinding(bindingName, ({ frame }, message: PageMessage) => desk.receive(frame, message));
  await context.addInitScript({ content: pageScript(bindingName) });
  context.on('page', (page) => {
    page.on('framedetached', (frame) => desk.leave(frame));
    page.on('close', () => page.frames().forEach((frame) => desk.leave(frame)));
  });
  return { selectPasskey: (choice) => desk.selectPasskey(choice) };
}

class PageDesk {
  readonly #options: PageModeOptions;
  readonly #book = new CeremonyBook();

  constructor(options: PageModeOptions) {
    this.#options = options;
  }

  /** The frame's document is gone. */
  leave(frame: Frame): void {
    this.#book.abort((ceremony) => ceremony.frame === frame);
  }

  async receive(frame: Frame, message: PageMessage): Promise<unknown> {
    switch (message.type) {
      case 'hello':
        this.#book.abort((open) => open.frame === frame && open.documentId !== message.document.id);
        return undefined;
      case 'abort':
        this.#book.abort(({ id, frame: own }) => own === frame && id === message.ceremony);
        return undefined;
      case 'can-verify':
        return this.#options.attachment === 'platform' && (await this.#options.bridge.canVerifyUser());
      default:
        return this.#runCeremony(frame, message);
    }
  }

  async selectPasskey({ account, timeoutMs = offerTimeout }: PasskeyChoice = {}): Promise<void> {
    const offer = await this.#book.waitForOffer(timeoutMs);
    if (!this.#options.hasPasskey(offer.rpId)) {
      throw new UsageError(`The key has no passkey for ${offer.rpId}, so a browser would offer none.`);
    }
    await offer.accept(account);
  }

  async #runCeremony(frame: Frame, message: CeremonyMessage): Promise<Answer> {
    const ceremony: PageCeremony = {
      id: message.ceremony,
      frame,
      documentId: message.document.id,
      controller: new AbortController(),
    };
    this.#book.add(ceremony);
    try {
      const refusal = await refuse(frame, message);
      if (refusal !== undefined) return notAllowed(refusal);
      const { attachment, user } = this.#options;
      const call = { ...placeOf(frame), options: message.options, attachment, user };
      return message.mediation === 'conditional'
        ? await this.#offer(call, ceremony)
        : await this.#options.bridge[message.type](call, ceremony.controller.signal);
    } finally {
      this.#book.remove(ceremony);
    }
  }

  /** Waits until the user picks one of the passkeys that the browser shows; nothing tells the page that there is none. */
  async #offer(call: WebAuthnCall, { controller }: PageCeremony): Promise<Answer> {
    const { bridge, user } = this.#options;
    const rp = await bridge.check(call);
    if ('error' in rp) return rp;
    if (controller.signal.aborted) return aborted;
    let answered = (): void => undefined;
    const answer = new Promise<void>((resolve) => (answered = resolve));
    const picked = await new Promise<boolean>((resolve) => {
      const withdraw = this.#book.offer({
        rpId: rp.response.rpId,
        accept: (account) => {
          withdraw();
          user.pickAccount(account);
          resolve(true);
          return answer;
        },
      });
      controller.signal.addEventListener('abort', () => {
        withdraw();
        resolve(false);
      });
    });
    if (!picked) return aborted;
    try {
      return await bridge.get(call, controller.signal);
    } finally {
      user.pickAccount(undefined);
      answered();
    }
  }
}

/** What a browser refuses before it looks at the options; undefined if nothing. */
async function refuse(
  frame: Frame,
  { allowed, document, mediation, type }: CeremonyMessage,
): Promise<string | undefined> {
  if (document.origin === 'null') return 'The document has no origin of its own.';
  if (mediation === 'silent') return 'A key needs its user: mediation must not be silent.';
  if (mediation === 'conditional' && type === 'create') return 'Conditional registration is not offered.';
  const feature = `publickey-credentials-${type}`;
  const delegated = allowed ?? (!placeOf(frame).crossOrigin || (await isDelegated(frame, feature)));
  return delegated ? undefined : `The permissions policy does not allow ${feature} in this document.`;
}

const aborted: Answer = { error: { name: 'AbortError', message: 'the page aborted the ceremony' } };

function notAllowed(message: string): Answer {
  return { error: { name: 'NotAllowedError', message } };
}
