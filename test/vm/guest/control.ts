/** The control server of a running key: faults, questions, plugs, and more keys in the same process. */
import { expectThat } from './expect.ts';
import type { Key } from './key.ts';
import { until } from './until.ts';

export interface Rule {
  readonly fault: string;
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  readonly scope?: { readonly next?: number; readonly command?: string };
}

interface Question {
  readonly id: string;
  readonly purpose: string;
}

interface Description {
  readonly id: string;
  readonly credentialCount: number;
}

export class Control {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Throws for anything but success. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.#url}${path}`, { method, headers, ...content });
    const text = await response.text();
    expectThat(`${method} ${path} to succeed`, response.ok, `${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  keys(): Promise<readonly Description[]> {
    return this.call('GET', '/keys');
  }

  addFault(key: string, rule: Rule): Promise<unknown> {
    return this.call('POST', `/keys/${key}/faults`, rule);
  }

  clearFaults(key: string): Promise<unknown> {
    return this.call('DELETE', `/keys/${key}/faults`);
  }

  /** Waits until all faults have been committed as often as their rules say. */
  async untilCommitted(key: string): Promise<void> {
    await until('committed fault', 60, async () => {
      return (await this.call<readonly unknown[]>('GET', `/keys/${key}/faults`)).length === 0;
    });
  }

  /** What the user of a key does when nobody else answers. */
  setHabit(key: string, action: 'allow' | 'ask' | 'deny' | 'ignore'): Promise<unknown> {
    return this.call('PATCH', `/keys/${key}`, { consent: { action } });
  }

  /** Waits until a key asks its user something; answers the question's id. */
  async waitForQuestion(key: string): Promise<Question> {
    const path = `/keys/${key}/questions/next?timeoutMs=60000`;
    const { question } = await this.call<{ readonly question: Question | null }>('GET', path);
    if (question === null) throw new Error(`key ${key} asked nothing for a minute`);
    return question;
  }

  touch(key: string, { id }: Question): Promise<unknown> {
    return this.call('POST', `/keys/${key}/questions/${id}`, { answer: 'touch' });
  }

  move(key: string, movement: 'plug' | 'unplug'): Promise<unknown> {
    return this.call('POST', `/keys/${key}/${movement}`);
  }
}

/** Of a key that was started with `--control`. */
export function controlOf(key: Key): Control {
  const ready = key.events().find(({ event }) => event === 'ready');
  const { url, token } = ready?.['control'] as { readonly url: string; readonly token: string };
  return new Control(url, token);
}
