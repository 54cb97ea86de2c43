import { isFidoReportDescriptor } from '../../client/pipes/report-descriptor.ts';
import { printable } from '../../consent/text/printable.ts';
import type { Check, Probes } from './check.ts';
import { anyRuleFile, installCommand, isContainer } from './udev.ts';

/** Does udev give FIDO devices to the person at the machine? systemd does since 244 (60-fido-id.rules). */
export function checkUdevRule(probes: Probes): Check {
  const id = 'udev-rule';
  const tagged = (text: string) =>
    /ID_(?:FIDO|SECURITY)_TOKEN[^\n]*uaccess/.test(text) || /^[^#\n]*misc\/uhid[^\n]*uaccess/m.test(text);
  const identified = anyRuleFile(probes, (text) => text.includes('fido_id'));
  const own = anyRuleFile(probes, (text) => /misc\/uhid[^\n]*uaccess/.test(text));
  if (own || (identified && anyRuleFile(probes, tagged)))
    return { id, status: 'ok', message: 'udev opens FIDO devices for who sits at the machine.' };
  return {
    id,
    status: 'warn',
    message: 'No udev rule opens FIDO devices for users, so a browser may not be allowed to see them.',
    fix: [installCommand],
  };
}

interface FidoNode {
  readonly name: string;
  readonly product: string;
}

/** FIDO devices as the kernel shows them to everybody, whether or not this user may open them. */
function fidoNodes(probes: Probes): FidoNode[] {
  return probes.entries('/sys/class/hidraw').flatMap((name) => {
    const descriptor = probes.bytes(`/sys/class/hidraw/${name}/device/report_descriptor`);
    if (!descriptor || !isFidoReportDescriptor(descriptor)) return [];
    const uevent = probes.text(`/sys/class/hidraw/${name}/device/uevent`) ?? '';
    const product = /^HID_NAME=(.*)$/m.exec(uevent)?.[1] ?? 'without a name';
    return [{ name, product: printable(product) }];
  });
}

function checkNode(probes: Probes, { name, product }: FidoNode): Check {
  const id = `device-${name}`;
  const node = `/dev/${name}`;
  const result = probes.openDevice(node);
  if (result === 'ok')
    return { id, status: 'ok', message: `The FIDO device "${product}" (${node}) is open to this user.` };
  if (result === 'ENOENT')
    return {
      id,
      status: 'fail',
      message: `The FIDO device "${product}" is attached, but ${node} is not here.`,
      fix: isContainer(probes)
        ? [`docker run --device ${node} …`]
        : [`sudo udevadm trigger --sysname-match='${name}'`],
    };
  return {
    id,
    status: 'fail',
    message: `This user may not open the FIDO device "${product}" (${node}: ${result}).`,
    fix: [`sudo setfacl -m u:${probes.userName}:rw ${node}`],
  };
}

/** The devices that a browser would look for. */
export function checkDevices(probes: Probes): Check[] {
  const nodes = fidoNodes(probes);
  if (nodes.length > 0) return nodes.map((node) => checkNode(probes, node));
  return [
    {
      id: 'device',
      status: 'warn',
      message:
        'No FIDO device is attached now, so the last step cannot be checked. Start a key and run this again.',
      fix: ['fauxkey start'],
    },
  ];
}
