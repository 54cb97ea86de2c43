import type { WebAuthnUser } from '../client/webauthn/context.ts';
import type { KeyHost } from '../control/handle.ts';
import type {
  WebAuthnOutcome,
  WebAuthnPrompt,
  WebAuthnPromptForm,
  WebAuthnPromptReply,
  WebAuthnRequest,
  WebAuthnService,
} from '../control/webauthn.ts';
import { UsageError } from '../ports/errors.ts';
import { createWebAuthnBridge, type WebAuthnBridge } from './webauthn-bridge.ts';

interface OpenPrompt {
  readonly keyId: string;
  readonly prompt: WebAuthnPrompt;
  end(reply: WebAuthnPromptReply): void;
}

/** The WebAuthn client of a browser for every key of the host. */
export function createWebAuthnService(host: KeyHost): WebAuthnService {
  return new Service(host);
}

class Service implements WebAuthnService {
  readonly #host: KeyHost;
  readonly #open = new Map<string, OpenPrompt>();
  #lastPrompt = 0;

  constructor(host: KeyHost) {
    this.#host = host;
  }

  async run(
    keyId: string,
    ceremony: 'create' | 'get',
    request: WebAuthnRequest,
    signal: AbortSignal,
  ): Promise<WebAuthnOutcome> {
    const bridge = this.#bridgeOf(keyId);
    // When the ceremony is over for whatever reason, nobody has to answer its prompts any more.
    const running = new AbortController();
    const user = this.#userOf(keyId, request, running.signal);
    try {
      const answer = await bridge[ceremony]({ ...request, user }, signal);
      return 'error' in answer ? answer : { response: { ...answer.response } };
    } finally {
      running.abort();
    }
  }

  async canVerifyUser(keyId: string): Promise<boolean> {
    return this.#bridgeOf(keyId).canVerifyUser();
  }

  prompts(keyId: string): readonly WebAuthnPrompt[] {
    this.#host.require(keyId);
    return [...this.#open.values()].filter((open) => open.keyId === keyId).map(({ prompt }) => prompt);
  }

  answer(keyId: string, promptId: string, reply: WebAuthnPromptReply): void {
    this.#host.require(keyId);
    const open = this.#open.get(promptId);
    if (open?.keyId !== keyId) {
      throw new UsageError('This prompt is not waiting (any more).', { problem: 'not-found' });
    }
    if (!fits(open.prompt, reply)) {
      throw new UsageError(`This is no answer to a prompt for ${wanted[open.prompt.kind]}.`, {
        problem: 'refused',
      });
    }
    open.end(reply);
  }

  #bridgeOf(keyId: string): WebAuthnBridge {
    const key = this.#host.require(keyId);
    return createWebAuthnBridge({ connect: () => key.connect() });
  }

  #userOf(keyId: string, { origin, pin, prompts }: WebAuthnRequest, signal: AbortSignal): WebAuthnUser {
    if (pin !== undefined) {
      // One that was refused is not typed again: that would only cost another try.
      return {
        askPin: (question) =>
          Promise.resolve(question.purpose === 'enter' && question.lastWasWrong ? undefined : pin),
      };
    }
    if (prompts !== true) return {};
    const ask = (form: WebAuthnPromptForm) => this.#ask(keyId, origin, form, signal);
    return {
      askPin: async (question) => {
        const reply = await ask({ kind: 'pin', ...question });
        return reply !== undefined && 'pin' in reply ? reply.pin : undefined;
      },
      chooseAccount: async (accounts) => {
        const shown = accounts.map(({ displayName, name }) => ({
          ...(name !== undefined && { name }),
          ...(displayName !== undefined && { displayName }),
        }));
        const reply = await ask({ kind: 'account', accounts: shown });
        return reply !== undefined && 'account' in reply ? reply.account : undefined;
      },
    };
  }

  #ask(
    keyId: string,
    origin: string,
    form: WebAuthnPromptForm,
    signal: AbortSignal,
  ): Promise<WebAuthnPromptReply | undefined> {
    const id = String(++this.#lastPrompt);
    return new Promise((resolve) => {
      const leave = (reply?: WebAuthnPromptReply) => {
        this.#open.delete(id);
        resolve(reply);
      };
      signal.addEventListener('abort', () => leave(), { once: true });
      this.#open.set(id, { keyId, prompt: { id, origin, ...form }, end: leave });
    });
  }
}

const wanted: Readonly<Record<WebAuthnPrompt['kind'], string>> = { pin: 'a PIN', account: 'an account' };

function fits(prompt: WebAuthnPrompt, reply: WebAuthnPromptReply): boolean {
  if ('cancel' in reply) return true;
  if (prompt.kind === 'pin') return 'pin' in reply;
  return 'account' in reply && reply.account < prompt.accounts.length;
}
