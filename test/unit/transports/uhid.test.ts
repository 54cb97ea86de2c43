import { describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/ports/transport.ts';
import { createUhidTransport } from '../../../src/transports/uhid.ts';
import { toUhidError } from '../../../src/transports/uhid-system.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeUhid } from './fake-uhid.ts';
import { createRecordingEndpoint, filled } from './recording-endpoint.ts';
import { uhidEvent, vectorReport } from './uhid-vectors.ts';

const [destroy, create2] = [1, 11];

async function plugged(echo = true) {
  const kernel = createFakeUhid();
  const endpoint = createRecordingEndpoint(echo);
  const open = await createUhidTransport(kernel.system).open(endpoint);
  return { kernel, endpoint, open };
}

async function hear(kernel: ReturnType<typeof createFakeUhid>, ...names: Parameters<typeof uhidEvent>[0][]) {
  for (const name of names) {
    kernel.say(uhidEvent(name));
    await settle();
  }
}

describe('a uhid device', () => {
  it('appears, carries reports both ways, and goes, leaving no thread and no timer behind', async () => {
    const { kernel, endpoint, open } = await plugged();
    expect(kernel.exists).toBe(true);
    await hear(kernel, 'open', 'output');
    expect(endpoint.links[0]?.received).toEqual([vectorReport]);
    expect(kernel.inputs).toEqual([vectorReport]);
    await open.close();
    expect(kernel.isReadPending).toBe(false);
    expect(kernel.isOpen).toBe(false);
    expect(endpoint.links[0]?.isClosed).toBe(true);
    expect(kernel.clock.pending).toBe(0);
    await open.close();
    expect(kernel.told.filter((type) => type === destroy)).toHaveLength(1);
  });

  it('says DESTROY before it first waits, so that an exit handler may close it', async () => {
    const { kernel, endpoint, open } = await plugged();
    await hear(kernel, 'open', 'output');
    void open.close();
    expect(endpoint.links[0]?.isClosed).toBe(true);
    expect(kernel.exists).toBe(false);
    expect(kernel.isReadPending).toBe(false);
  });

  it('is one host while somebody has it open, and a new one after the last has closed it', async () => {
    const { kernel, endpoint } = await plugged();
    await hear(kernel, 'open', 'output', 'output', 'close');
    expect(endpoint.links).toMatchObject([{ isClosed: true, received: [vectorReport, vectorReport] }]);
    await hear(kernel, 'open', 'output');
    expect(endpoint.links).toHaveLength(2);
    expect(endpoint.links[1]?.isClosed).toBe(false);
  });

  it('ignores reports that are not 64 bytes, and events that it does not know', async () => {
    const { kernel, endpoint } = await plugged();
    await hear(kernel, 'open', 'outputShort');
    kernel.say(Uint8Array.of(77));
    await hear(kernel, 'output');
    expect(endpoint.links.map((link) => link.received)).toEqual([[vectorReport]]);
  });

  it('answers GET_REPORT and SET_REPORT, and takes an output report that comes so', async () => {
    const { kernel, endpoint } = await plugged(false);
    await hear(kernel, 'open', 'getReport', 'setReportFeature', 'setReportOutput');
    expect(kernel.replies).toEqual(
      (['getReportReply', 'setReportReplyRefused', 'setReportReplyAccepted'] as const).map((name) =>
        Buffer.from(uhidEvent(name)).toString('hex'),
      ),
    );
    expect(endpoint.links.map((link) => link.received)).toEqual([[vectorReport]]);
  });

  it('replugged goes and comes again with the same file, and hosts begin afresh', async () => {
    const { kernel, endpoint, open } = await plugged();
    await hear(kernel, 'open', 'output');
    await Promise.all([open.replug(), open.replug()]);
    expect(kernel.told.filter((type) => type === destroy || type === create2)).toEqual([
      create2,
      destroy,
      create2,
    ]);
    expect(kernel.exists).toBe(true);
    expect(endpoint.links[0]?.isClosed).toBe(true);
    await hear(kernel, 'open', 'output');
    expect(endpoint.links[1]?.received).toEqual([vectorReport]);
    await open.close();
    expect(kernel.isReadPending).toBe(false);
    await open.replug();
    expect(kernel.exists).toBe(false);
  });

  it('replugged is back only when the driver has it again', async () => {
    const { kernel, open } = await plugged();
    kernel.startsDevices = false;
    const replug = open.replug();
    const failure = expect(replug).rejects.toMatchObject({ problem: 'unavailable' });
    await kernel.clock.advanceAsync(10_000);
    await failure;
    kernel.startsDevices = true;
    await open.replug();
    expect(kernel.exists).toBe(true);
    await open.close();
    expect(kernel.isReadPending).toBe(false);
  });

  it('closed during a replug goes for good', async () => {
    const { kernel, open } = await plugged();
    const replug = open.replug();
    await open.close();
    await replug;
    expect(kernel.exists).toBe(false);
    expect(kernel.isReadPending).toBe(false);
    expect(kernel.isOpen).toBe(false);
  });

  it('survives another driver taking over', async () => {
    const { kernel, endpoint, open } = await plugged();
    await hear(kernel, 'open', 'output', 'stop', 'start', 'open', 'output');
    expect(endpoint.links).toMatchObject([{ isClosed: true }, { received: [vectorReport] }]);
    await open.close();
    expect(kernel.isReadPending).toBe(false);
  });

  it('swallows what the key says to a device that is gone, and closes although the file broke', async () => {
    const { kernel, endpoint, open } = await plugged();
    await hear(kernel, 'open', 'output');
    kernel.breakFile();
    await settle();
    endpoint.links[0]?.host.send(filled(1));
    expect(endpoint.links[0]?.isClosed).toBe(true);
    expect(kernel.inputs).toHaveLength(1);
    await expect(open.replug()).rejects.toThrow(TransportError);
    await open.close();
    expect(kernel.isOpen).toBe(false);
  });

  it('sends a long message no faster than the kernel keeps it', async () => {
    const { kernel, endpoint } = await plugged(false);
    await hear(kernel, 'open', 'output');
    const reports = Array.from({ length: 129 }, (_, index) => filled(index));
    for (const report of reports) endpoint.links[0]?.host.send(report);
    expect(kernel.inputs).toHaveLength(16);
    kernel.clock.advance(10);
    expect(kernel.inputs.length).toBeGreaterThan(16);
    expect(kernel.inputs.length).toBeLessThan(32);
    kernel.clock.advance(130);
    expect(kernel.inputs).toEqual(reports);
    expect(kernel.clock.pending).toBe(0);
    for (const report of reports) endpoint.links[0]?.host.send(report);
    await hear(kernel, 'close');
    kernel.clock.advance(1000);
    expect(kernel.inputs).toHaveLength(129 + 16);
    await hear(kernel, 'open', 'output');
    endpoint.links[1]?.host.send(filled(200));
    expect(kernel.inputs).toHaveLength(129 + 16 + 1);
    expect(kernel.inputs.at(-1)).toEqual(filled(200));
  });

  it('keeps no more than a bound for a host that does not read', async () => {
    const { kernel, endpoint } = await plugged(false);
    await hear(kernel, 'open', 'output');
    for (let count = 0; count < 6000; count++) endpoint.links[0]?.host.send(filled(1));
    kernel.clock.advance(10_000);
    expect(kernel.inputs).toHaveLength(16 + 4096);
  });
});

describe('a machine that cannot have the device', () => {
  it('without a driver: nothing is read, so the process can end; the remedy is said', async () => {
    const kernel = createFakeUhid();
    kernel.hasDriver = false;
    const open = createUhidTransport(kernel.system).open(createRecordingEndpoint());
    const failure = expect(open).rejects.toMatchObject({
      name: 'TransportError',
      problem: 'unavailable',
      hint: expect.stringContaining('modprobe hid_generic') as string,
    });
    await kernel.clock.advanceAsync(11_000);
    await failure;
    expect(kernel).toMatchObject({ exists: false, isOpen: false, isReadPending: false });
  });

  it('whose driver comes late: the device is up then', async () => {
    const kernel = createFakeUhid();
    kernel.hasDriver = false;
    const opening = createUhidTransport(kernel.system).open(createRecordingEndpoint());
    await kernel.clock.advanceAsync(3000);
    kernel.hasDriver = true;
    await kernel.clock.advanceAsync(50);
    const open = await opening;
    await open.close();
    expect(kernel.isOpen).toBe(false);
  });

  it('whose driver does not take it: the remedy is said, and the device is gone', async () => {
    const kernel = createFakeUhid();
    kernel.startsDevices = false;
    const open = createUhidTransport(kernel.system).open(createRecordingEndpoint());
    const failure = expect(open).rejects.toThrow(TransportError);
    await kernel.clock.advanceAsync(10_000);
    await failure;
    expect(kernel.exists).toBe(false);
  });

  it.each([
    ['ENOENT', 'linux', 'unavailable', 'sudo modprobe uhid'],
    ['ENODEV', 'linux', 'unavailable', 'sudo modprobe uhid'],
    ['EACCES', 'linux', 'permission', 'sudo chown'],
    ['EPERM', 'linux', 'permission', 'sudo chown'],
    ['EMFILE', 'linux', 'io', 'modprobe -r uhid'],
    ['ENOENT', 'darwin', 'unavailable', 'tcp:127.0.0.1:8112'],
  ])('%s on %s is %s, mended by: %s', (code, system, problem, hint) => {
    const cause = Object.assign(new Error('of the system'), { code });
    const error = toUhidError(cause, system);
    expect(error).toMatchObject({ problem, cause });
    expect(error.hint).toContain(hint);
  });
});
