import type { ConsentAnswer, ConsentQuestion } from './consent.ts';

/** What happens in a key, for logs, traces, panels and tests. No event carries a secret. */
export type KeyEvent =
  | {
      readonly type: 'command';
      readonly channel: number;
      readonly name: string;
      readonly status: number;
      readonly detail?: string;
    }
  | { readonly type: 'u2f'; readonly channel: number; readonly name: string; readonly statusWord: number }
  | { readonly type: 'question'; readonly question: ConsentQuestion }
  | { readonly type: 'answer'; readonly question: ConsentQuestion; readonly answer: ConsentAnswer }
  | { readonly type: 'power-cycle' }
  /** Something happened on the way to hosts, such as a client that was thrown out. */
  | { readonly type: 'transport'; readonly transport: string; readonly message: string }
  | { readonly type: 'defect'; readonly error: unknown };

export type EventSink = (event: KeyEvent) => void;
