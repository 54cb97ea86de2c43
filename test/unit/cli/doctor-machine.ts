import type { Probes } from '../../../src/cli/doctor/check.ts';
import type { Hands } from '../../../src/cli/doctor/hands.ts';

const fidoDescriptor = Uint8Array.of(0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0xc0);
const mouseDescriptor = Uint8Array.of(0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0xc0);
const systemdRules = {
  '/usr/lib/udev/rules.d/60-fido-id.rules': 'SUBSYSTEM=="hidraw", IMPORT{program}="fido_id"',
  '/usr/lib/udev/rules.d/70-uaccess.rules': 'ENV{ID_SECURITY_TOKEN}=="?*", TAG+="uaccess"',
};

export interface FakeMachine {
  platform?: string;
  nodeVersion?: string;
  files?: Record<string, string | Uint8Array>;
  modes?: Record<string, number>;
  /** Paths of other users, whose mode cannot be set. */
  stubborn?: readonly string[];
  links?: Record<string, string>;
  /** What opening a device gives; ENOENT for one that is not named. */
  devices?: Record<string, string>;
  /** What binding a port gives; free otherwise. */
  ports?: Record<string, string>;
  broken?: Record<string, string>;
}

/** A machine on which a key runs and a browser sees it, with changes. */
export function machine(change: FakeMachine = {}): Probes {
  const files: Record<string, string | Uint8Array> = change.files ?? {};
  const children = (directory: string) =>
    Object.keys(files).flatMap((path) =>
      path.startsWith(`${directory}/`) ? [path.slice(directory.length + 1).split('/')[0] ?? ''] : [],
    );
  return {
    platform: change.platform ?? 'linux',
    nodeVersion: change.nodeVersion ?? 'v20.19.0',
    kernelRelease: '6.1.0',
    userName: 'alice',
    home: '/home/alice',
    path: ['/usr/bin', '/snap/bin'],
    text: (path) => (typeof files[path] === 'string' ? files[path] : undefined),
    bytes: (path) => (typeof files[path] === 'object' ? files[path] : undefined),
    entries: (directory) => [...new Set(children(directory))],
    exists: (path) => path in files || children(path).length > 0,
    mode: (path) => change.modes?.[path],
    setMode: (path, mode) => {
      if (change.modes && !change.stubborn?.includes(path)) change.modes[path] = mode;
    },
    socketDirectories: ['/run/user/1000/fauxkey', '/tmp/fauxkey-1000'],
    realPath: (path) => change.links?.[path] ?? (path in files ? path : undefined),
    openDevice: (path) => change.devices?.[path] ?? 'ENOENT',
    bindPort: (kind, port) => Promise.resolve(change.ports?.[`${kind}:${String(port)}`] ?? 'ok'),
    load: (name) => Promise.resolve(change.broken?.[name]),
  };
}

export const healthy: FakeMachine = {
  files: {
    ...systemdRules,
    '/usr/bin/firefox': 'binary',
    '/sys/class/hidraw/hidraw0/device/report_descriptor': mouseDescriptor,
    '/sys/class/hidraw/hidraw3/device/report_descriptor': fidoDescriptor,
    '/sys/class/hidraw/hidraw3/device/uevent': 'DRIVER=hid-generic\nHID_NAME=Faux\x1bkey\n',
  },
  devices: { '/dev/uhid': 'ok', '/dev/hidraw3': 'ok' },
};

export function withFiles(files: Record<string, string | Uint8Array>, without: RegExp = /^$/): FakeMachine {
  const kept = Object.entries(healthy.files ?? {}).filter(([path]) => !without.test(path));
  return { ...healthy, files: { ...Object.fromEntries(kept), ...files } };
}

/** Nobody expects these hands to do anything. */
export const handsOff: Hands = {
  isRoot: false,
  packaged: (name) => `/package/${name}`,
  run: (command) => Promise.reject(new Error(`nobody asked for ${command.join(' ')}`)),
};
