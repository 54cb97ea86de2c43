import type { Check, Probes } from './check.ts';
import { applyRules, installCommand, isContainer, opensUhid } from './udev.ts';

const id = 'uhid';
const node = '/dev/uhid';

/** How a missing /dev/uhid comes to be: by the container, the module, or a kernel that has it. */
function checkMissing(probes: Probes): Check {
  const modules = `/lib/modules/${probes.kernelRelease}`;
  const dependencies = probes.text(`${modules}/modules.dep`);
  if (isContainer(probes))
    return {
      id,
      status: 'fail',
      message:
        'This container has no /dev/uhid. Start it again with the device, after loading the module on the host.',
      fix: ['sudo modprobe uhid', 'docker run --device /dev/uhid …'],
    };
  if (probes.exists('/sys/module/uhid') || probes.text(`${modules}/modules.builtin`)?.includes('/uhid.ko'))
    return {
      id,
      status: 'fail',
      message: 'The kernel has uhid, but /dev/uhid was never made.',
      fix: ['sudo mknod -m 0600 /dev/uhid c 10 239'],
    };
  if (dependencies !== undefined && !dependencies.includes('/uhid.ko'))
    return {
      id,
      status: 'fail',
      message: `The kernel ${probes.kernelRelease} has no uhid module. Kernels for clouds often leave it out.`,
      fix: ['sudo apt install linux-modules-extra-$(uname -r) || sudo apt install linux-image-amd64'],
    };
  return {
    id,
    status: 'fail',
    message:
      'The module uhid is not loaded, so there is no /dev/uhid. The first command helps until the next boot, the other for good.',
    fix: ['sudo modprobe uhid', installCommand],
  };
}

function checkForbidden(probes: Probes): Check {
  const now = `sudo setfacl -m u:${probes.userName}:rw ${node}`;
  const hasRule = opensUhid(probes);
  return {
    id,
    status: 'fail',
    message: hasRule
      ? 'A udev rule opens /dev/uhid for users, but not for this one now: it holds for who sits at the machine.'
      : 'This user may not open /dev/uhid. The first command helps until the next boot, the other for good.',
    fix: hasRule ? [...applyRules('uhid'), now] : [now, installCommand],
  };
}

/** Can this user make a HID device? */
export function checkUhid(probes: Probes): Check {
  if (probes.platform !== 'linux')
    return {
      id,
      status: 'fail',
      message:
        'Only Linux can make a HID device from a program. Here, other programs reach a key over the network.',
      fix: ['fauxkey start --transport tcp:127.0.0.1:8112'],
    };
  const result = probes.openDevice(node);
  if (result === 'ok') return { id, status: 'ok', message: 'This user can make HID devices (/dev/uhid).' };
  if (result === 'EACCES' || result === 'EPERM') return checkForbidden(probes);
  if (result === 'ENOENT' || result === 'ENODEV' || result === 'ENXIO') return checkMissing(probes);
  return {
    id,
    status: 'fail',
    message: `/dev/uhid cannot be opened (${result}).`,
    fix: ['sudo modprobe uhid'],
  };
}
