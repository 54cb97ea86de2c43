/** The first few seconds of the guest: just enough to mount the host's root and hand over to it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { modulesFor } from './kernel.ts';

const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/** Packs busybox, the modules that reach the shared directories, and `init` into one cpio archive. */
export function buildInitramfs(release: string, init: string, target: string): void {
  const root = `${target}.d`;
  rmSync(root, { recursive: true, force: true });
  for (const directory of ['bin', 'modules', 'proc', 'sys', 'dev', 'ro', 'rw', 'new']) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  copyFileSync(init, join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);

  const modules = [...new Set(MODULES.flatMap((name) => modulesFor(release, name)))];
  const names = modules.map((path) => copyModule(path, join(root, 'modules')));
  writeFileSync(join(root, 'modules/order'), names.join('\n') + '\n');

  const archive = execFileSync('/bin/sh', ['-c', 'find . | cpio --quiet -o -H newc'], {
    cwd: root,
    maxBuffer: 64 * 2 ** 20,
  });
  writeFileSync(target, archive);
  rmSync(root, { recursive: true });
}

/** busybox's insmod takes plain modules only, and newer Debian kernels ship them packed. */
function copyModule(path: string, directory: string): string {
  if (!path.endsWith('.xz')) {
    copyFileSync(path, join(directory, basename(path)));
    return basename(path);
  }
  const name = basename(path, '.xz');
  writeFileSync(join(directory, name), execFileSync('xz', ['-dc', path], { maxBuffer: 64 * 2 ** 20 }));
  return name;
}
