/** What the server said was wrong, as a sentence. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The control server that served this page. */
export class Api {
  #token;

  constructor(token) {
    this.#token = token;
  }

  get(path) {
    return this.send('GET', path);
  }

  /** Resolves to the JSON of the answer, or to undefined where it has none. Throws ApiError. */
  async send(method, path, body) {
    const response = await this.#fetch(method, path, body);
    return response.status === 204 ? undefined : response.json();
  }

  async text(path) {
    return (await this.#fetch('GET', path)).text();
  }

  /** Lets the person save an answer as a file. */
  async download(path, name) {
    save(await (await this.#fetch('GET', path)).blob(), name);
  }

  /** Follows the events of all keys; calls `onOpen` whenever the stream begins anew. Ends by the signal only. */
  async follow(onEvent, onState, signal) {
    while (!signal.aborted) {
      try {
        const response = await this.#fetch('GET', '/events', undefined, signal);
        onState(true);
        for await (const event of readEvents(response.body)) onEvent(event);
      } catch (error) {
        if (error.status === 401) throw error;
      }
      if (signal.aborted) return;
      onState(false);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  async #fetch(method, path, body, signal) {
    const response = await fetch(path, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(response.status, problem.message ?? `The server answered ${response.status}.`);
  }
}

/** Server-sent events as objects; comments and fields that the panel has no use for are passed over. */
async function* readEvents(body) {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6));
      if (data.length > 0) yield JSON.parse(data.join('\n'));
    }
  }
}

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
