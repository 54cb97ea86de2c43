import { toHex } from '../ctap/bytes.ts';
import type { UserEntity } from '../ctap/entities.ts';
import type { PinQuestion, WebAuthnUser } from '../client/webauthn/context.ts';

/** What the person in front of the browser (not the key) does: types PINs, picks accounts. */
export interface BrowserUser extends WebAuthnUser {
  /** The PIN that the user knows: typed wherever none was queued, and set where the browser wants a new one. */
  knowPin(pin: string | undefined): void;
  /** Typed at the next PIN prompts, one each; `null` closes the prompt. */
  typePin(...pins: readonly (string | null)[]): void;
  /** Whom the user picks when a key has several accounts for a site: a name or user id (hex). The newest unless given. */
  pickAccount(account: string | undefined): void;
  /** PIN prompts so far, oldest first. */
  readonly pinPrompts: readonly PinQuestion[];
}

export function createBrowserUser(knownPin?: string): BrowserUser {
  let pin = knownPin;
  let account: string | undefined;
  const queue: (string | null)[] = [];
  const pinPrompts: PinQuestion[] = [];
  return {
    pinPrompts,
    knowPin: (known) => (pin = known),
    typePin: (...pins) => void queue.push(...pins),
    pickAccount: (name) => (account = name),
    askPin: (question) => {
      pinPrompts.push(question);
      const queued = queue.shift();
      if (queued !== undefined) return Promise.resolve(queued ?? undefined);
      // A person who knows one PIN only, and sees it refused, does not lock the key by typing it again.
      const gaveUp = question.purpose === 'enter' && question.lastWasWrong;
      return Promise.resolve(gaveUp ? undefined : pin);
    },
    chooseAccount: (accounts) => Promise.resolve(account === undefined ? 0 : indexOf(accounts, account)),
  };
}

function indexOf(accounts: readonly UserEntity[], wanted: string): number | undefined {
  const index = accounts.findIndex(({ id, name, displayName }) =>
    [name, displayName, toHex(id)].includes(wanted),
  );
  return index < 0 ? undefined : index;
}
