import type { Frame } from '@playwright/test';
import { UsageError } from '../ports/errors.ts';

/** A call of navigator.credentials that a page waits for. */
export interface PageCeremony {
  readonly id: string;
  readonly frame: Frame;
  /** The document that called; a frame has another one after a navigation. */
  readonly documentId: string;
  readonly controller: AbortController;
}

/** A conditional request: it waits until the user picks a passkey of what the browser offers beside a field. */
export interface Offer {
  readonly rpId: string;
  readonly accept: (account: string | undefined) => Promise<void>;
}

/** The ceremonies of all pages of a context. */
export class CeremonyBook {
  readonly #ceremonies = new Map<string, PageCeremony>();
  readonly #offers = new Set<Offer>();
  readonly #watchers = new Set<() => void>();

  add(ceremony: PageCeremony): void {
    this.#ceremonies.set(ceremony.id, ceremony);
  }

  remove(ceremony: PageCeremony): void {
    this.#ceremonies.delete(ceremony.id);
  }

  abort(isMeant: (ceremony: PageCeremony) => boolean): void {
    for (const ceremony of this.#ceremonies.values()) if (isMeant(ceremony)) ceremony.controller.abort();
  }

  /** Offers passkeys beside a field, until the function that it returns is called. */
  offer(offer: Offer): () => void {
    this.#offers.add(offer);
    for (const watcher of this.#watchers) watcher();
    return () => void this.#offers.delete(offer);
  }

  /** The newest offer, now or within the time. Throws UsageError when no page makes one. */
  async waitForOffer(timeoutMs: number): Promise<Offer> {
    const found = [...this.#offers].at(-1);
    if (found) return found;
    let watcher = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    const inTime = await new Promise<boolean>((resolve) => {
      watcher = () => resolve(true);
      this.#watchers.add(watcher);
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    this.#watchers.delete(watcher);
    clearTimeout(timer);
    const late = [...this.#offers].at(-1);
    if (inTime && late) return late;
    throw new UsageError(`No page offered passkeys within ${timeoutMs} ms.`, {
      hint: "A page offers them by navigator.credentials.get({ mediation: 'conditional', … }).",
    });
  }
}
