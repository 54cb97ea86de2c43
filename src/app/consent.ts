import { hashPin } from '../authenticator/pin/verify-pin.ts';
import { QueuedConsent } from '../consent/queue.ts';
import type { Habit } from '../consent/remote.ts';
import { createTerminalConsent } from '../consent/terminal.ts';
import type { ConsentSource } from '../ports/consent.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { KeyUi, StartOptions } from './api-start.ts';
import { systemClock } from './system.ts';

interface PinHolder {
  readonly keystore: Keystore;
  readonly crypto: CryptoProvider;
}

/** What the user of a key does by itself. */
export function habitOf({ consent, delayMs }: Pick<StartOptions, 'consent' | 'delayMs'>): Habit {
  switch (consent) {
    case 'auto':
      return { action: 'allow', delayMs };
    case 'deny':
      return { action: 'deny', delayMs };
    case 'ignore':
    case 'ask':
      return { action: consent };
  }
}

/** The user who sits at the terminal. */
export function createTerminalUser(
  { input, screen }: Pick<KeyUi, 'input' | 'screen'>,
  holder: PinHolder,
): ConsentSource {
  const pinEntry = createTerminalConsent({
    input,
    screen,
    clock: systemClock,
    verifyPin: (pin) => Promise.resolve(isPin(holder, pin)),
  });
  const yesOrNo = createTerminalConsent({ input, screen, clock: systemClock });
  return new QueuedConsent(chooseByPin(holder, pinEntry, yesOrNo), systemClock);
}

/** Without a PIN there is nothing to compare with, so that the user is asked whether the entry would be right. */
function chooseByPin(
  { keystore }: PinHolder,
  pinEntry: ConsentSource,
  yesOrNo: ConsentSource,
): ConsentSource {
  return {
    ask: (question, signal) => (keystore.state().pin ? pinEntry : yesOrNo).ask(question, signal),
    wink: (key) => pinEntry.wink?.(key),
  };
}

/** The authenticator counts the tries; this only compares. */
export function isPin({ crypto, keystore }: PinHolder, typed: string): boolean {
  const { pin } = keystore.state();
  const hash = hashPin({ crypto }, new TextEncoder().encode(typed.normalize('NFC')));
  return pin !== undefined && crypto.equal(pin.hash, hash);
}
