import { describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/ports/transport.ts';
import { connectLoopback } from '../../../src/transports/loopback.ts';
import { createRecordingEndpoint, filled } from './recording-endpoint.ts';

describe('the loopback', () => {
  it('carries reports both ways, in order, whether the reader waits or comes late', async () => {
    const pipe = connectLoopback(createRecordingEndpoint());
    const early = pipe.read();
    await pipe.write(filled(1));
    await pipe.write(filled(2));
    await pipe.write(filled(3));
    expect(await early).toEqual(filled(1));
    expect(await pipe.read()).toEqual(filled(2));
    expect(await pipe.read()).toEqual(filled(3));
  });

  it('serves several waiting readers in turn', async () => {
    const pipe = connectLoopback(createRecordingEndpoint());
    const reads = [pipe.read(), pipe.read()];
    await pipe.write(filled(1));
    await pipe.write(filled(2));
    expect(await Promise.all(reads)).toEqual([filled(1), filled(2)]);
  });

  it('shares no buffer with either side', async () => {
    const endpoint = createRecordingEndpoint(false);
    const pipe = connectLoopback(endpoint);
    const out = filled(1);
    await pipe.write(out);
    const [link] = endpoint.links;
    const input = filled(2);
    link?.host.send(input);
    out.fill(9);
    input.fill(9);
    expect(link?.received).toEqual([filled(1)]);
    expect(await pipe.read()).toEqual(filled(2));
  });

  it('gives the key a report that stays as it was', async () => {
    const kept: Uint8Array[] = [];
    const pipe = connectLoopback({
      ...createRecordingEndpoint(),
      connect: () => ({ receive: (report) => void kept.push(report), close: () => undefined }),
    });
    const out = filled(1);
    await pipe.write(out);
    out.fill(9);
    expect(kept).toEqual([filled(1)]);
  });

  it('ends reads that wait when it is closed, after what came before, and then refuses to write', async () => {
    const endpoint = createRecordingEndpoint();
    const pipe = connectLoopback(endpoint);
    await pipe.write(filled(1));
    await pipe.close();
    await pipe.close();
    expect(endpoint.links[0]?.isClosed).toBe(true);
    expect(await pipe.read()).toEqual(filled(1));
    expect(await pipe.read()).toBeUndefined();
    await expect(pipe.write(filled(2))).rejects.toThrow(TransportError);

    const waiting = connectLoopback(endpoint);
    const read = waiting.read();
    await waiting.close();
    expect(await read).toBeUndefined();
  });

  it('takes nothing from the key after it is closed', async () => {
    const endpoint = createRecordingEndpoint(false);
    const pipe = connectLoopback(endpoint);
    await pipe.close();
    endpoint.links[0]?.host.send(filled(1));
    expect(await pipe.read()).toBeUndefined();
  });

  it('ends a read by its signal, with its reason, and loses no report by it', async () => {
    const pipe = connectLoopback(createRecordingEndpoint());
    const reason = new RangeError('enough');
    const controller = new AbortController();
    const read = pipe.read(controller.signal);
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    await pipe.write(filled(1));
    await expect(pipe.read(controller.signal)).rejects.toBe(reason);
    expect(await pipe.read(new AbortController().signal)).toEqual(filled(1));
  });

  it.each([0, 63, 65])('refuses to write %i bytes', async (length) => {
    const endpoint = createRecordingEndpoint();
    await expect(connectLoopback(endpoint).write(new Uint8Array(length))).rejects.toThrow(RangeError);
    expect(endpoint.links[0]?.received).toEqual([]);
  });
});
