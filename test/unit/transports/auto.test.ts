import { afterEach, describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/ports/transport.ts';
import type { OpenTransport } from '../../../src/ports/transport.ts';
import { chooseTransport } from '../../../src/transports/auto.ts';
import { createTransport } from '../../../src/transports/create.ts';
import { parseTransportSpec } from '../../../src/transports/spec.ts';
import { createFakeUhid } from './fake-uhid.ts';
import { createRecordingEndpoint } from './recording-endpoint.ts';

const open: OpenTransport[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
});

describe('auto', () => {
  it('takes uhid where it can be opened, and says so', async () => {
    const kernel = createFakeUhid();
    const { transport, note } = await chooseTransport('auto', kernel.system);
    expect(transport.spec).toBe('uhid');
    expect(note).toContain('/dev/uhid can be opened');
    expect(kernel.isOpen).toBe(false);
  });

  it.each([
    ['unavailable', 'This machine has no /dev/uhid.', 'sudo modprobe uhid'],
    ['permission', 'This user may not open /dev/uhid.', 'sudo chown'],
  ] as const)(
    'takes the stream where uhid is %s, and says why and what would mend it',
    async (problem, why, hint) => {
      const kernel = createFakeUhid();
      kernel.openError = new TransportError(problem, why, hint);
      const { transport, note } = await chooseTransport('auto', kernel.system);
      expect(transport.spec).toBe('tcp:127.0.0.1:8112');
      for (const part of ['tcp:127.0.0.1:8112', why, hint]) expect(note).toContain(part);
    },
  );

  it('through createTransport chooses when it is opened and gives the sentence as a notice', async () => {
    const kernel = createFakeUhid();
    const transport = createTransport({ kind: 'auto' }, kernel.system);
    expect(transport.spec).toBe('auto');
    open.push(await transport.open(createRecordingEndpoint()));
    expect(open[0]).toMatchObject({ address: 'uhid', notice: expect.stringContaining('USB') as string });
  });
});

describe('createTransport', () => {
  it.each(['uhid', 'tcp:127.0.0.1:0', 'unix:/nowhere/key', 'udp:[::1]:0'])('makes %s', (spec) => {
    expect(createTransport(parseTransportSpec(spec)).spec).toBe(spec);
  });

  it('has no notice when nothing was to choose', async () => {
    const chosen = await chooseTransport('tcp:127.0.0.1:0');
    expect(chosen.note).toBeUndefined();
    open.push(await chosen.transport.open(createRecordingEndpoint()));
    expect(open[0]).not.toHaveProperty('notice');
  });
});
