/** One run of the guest under software emulation. Hardware acceleration is left alone: where it is offered it may hang. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';

export interface Guest {
  readonly kernel: string;
  readonly initramfs: string;
  readonly checkout: string;
  readonly share: string;
  readonly serialLog: string;
  readonly processLog: string;
  readonly limitSeconds: number;
}

export type Ending = 'powered off' | 'time limit' | `emulator ended with ${string}`;

const KERNEL_LINE = [
  'console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check nowatchdog',
  'rcupdate.rcu_expedited=1 audit=0',
].join(' ');

function shareArguments(tag: string, path: string, readOnly: boolean): string[] {
  const access = readOnly ? ',readonly=on' : '';
  return [
    '-fsdev',
    `local,id=${tag},path=${path},security_model=none,multidevs=remap${access}`,
    '-device',
    `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`,
  ];
}

function emulatorArguments(guest: Guest): string[] {
  return [
    ...['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'max', '-smp', '2', '-m', '4096'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-M', 'q35,vmport=off'],
    ...['-serial', `file:${guest.serialLog}`],
    ...['-kernel', guest.kernel, '-initrd', guest.initramfs, '-append', KERNEL_LINE],
    ...shareArguments('root', '/', true),
    ...shareArguments('checkout', guest.checkout, true),
    ...shareArguments('share', guest.share, false),
  ];
}

/** Resolves when the guest is gone, at the latest when its time is up. */
export function runGuest(guest: Guest): Promise<Ending> {
  const log = openSync(guest.processLog, 'w');
  const emulator = spawn('qemu-system-x86_64', emulatorArguments(guest), { stdio: ['ignore', log, log] });
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    emulator.kill('SIGKILL');
  }, guest.limitSeconds * 1000);
  const stop = (): void => {
    emulator.kill('SIGKILL');
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);

  return new Promise((resolve, reject) => {
    emulator.once('error', reject);
    emulator.once('exit', (code, signal) => {
      clearTimeout(limit);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (timedOut) resolve('time limit');
      else resolve(code === 0 ? 'powered off' : `emulator ended with ${String(code ?? signal)}`);
    });
  });
}
