/** One event of a stream. */
export interface SseMessage {
  readonly event: string;
  readonly data: string;
  /** The place behind it. */
  readonly id?: string;
}

/** Reads server-sent events (HTML §9.2.6) from pieces of text, wherever they are cut. */
export class SseParser {
  #rest = '';
  /** The last place that the stream named, also between events. */
  lastId: string | undefined;

  push(text: string): readonly SseMessage[] {
    const blocks = (this.#rest + text).replace(/\r\n?/g, '\n').split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.#read(block));
  }

  #read(block: string): readonly SseMessage[] {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([a-z]+)(?:: ?(.*))?$/.exec(line) ?? [];
      const before = name === 'data' ? fields.get('data') : undefined;
      fields.set(name, before === undefined ? value : `${before}\n${value}`);
    }
    const id = fields.get('id');
    if (id !== undefined) this.lastId = id;
    const data = fields.get('data');
    if (data === undefined) return [];
    return [{ event: fields.get('event') ?? 'message', data, ...(id !== undefined && { id }) }];
  }
}
