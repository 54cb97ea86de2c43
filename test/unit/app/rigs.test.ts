import { onTestFinished, expect, it } from 'vitest';
import { createKeyHost } from '../../../src/app/key-host.ts';
import { startRig } from '../../../src/app/rigs.ts';
import { TransportError } from '../../../src/ports/transport.ts';

it('rigs listen on this machine, and say so when their port is taken', async () => {
  const host = createKeyHost();
  const key = await host.create();
  const results: unknown[] = [];
  const touch = await startRig(host, { kind: 'touch', port: 0 }, () => undefined);
  const tool = await startRig(host, { kind: 'conformance', port: 0 }, (told) => results.push(told));
  onTestFinished(async () => {
    await Promise.all([touch.close(), tool.close()]);
    await host.close();
  });
  expect(new URL(touch.url).hostname).toBe('127.0.0.1');
  await fetch(`${touch.url}/usb6/power/off`);
  expect(key.plugged).toBe(false);
  await fetch(`${tool.url}/conformance/powercycle`, { method: 'POST' });
  expect(key.plugged).toBe(true);
  await fetch(`${tool.url}/conformance/results`, { method: 'POST', body: '{"failedTestsCount":0}' });
  expect(results).toEqual([{ failedTestsCount: 0 }]);
  const port = Number(new URL(tool.url).port);
  await expect(startRig(host, { kind: 'touch', port }, () => undefined)).rejects.toThrow(TransportError);
});
