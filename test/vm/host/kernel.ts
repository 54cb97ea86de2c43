/** The newest installed kernel that can carry a uhid device, and its uncompressed image. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface Kernel {
  readonly release: string;
  readonly image: string;
}

export function findKernel(): Kernel {
  const releases = readdirSync('/lib/modules').sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const release of releases) {
    const image = `/boot/vmlinuz-${release}`;
    if (existsSync(image) && modulesFor(release, 'uhid').length > 0) return { release, image };
  }
  throw new Error('no kernel in /boot has a uhid module: run test/vm/install-packages.sh');
}

/** Absolute paths of a module and all it needs, in the order in which they must be loaded. Empty when built in. */
export function modulesFor(release: string, name: string): string[] {
  let printed: string;
  try {
    printed = execFileSync('/sbin/modprobe', ['--show-depends', '--set-version', release, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return [];
  }
  return [...printed.matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? '');
}

// The boot protocol's header (Documentation/arch/x86/boot.rst in the kernel's sources).
const SETUP_SECTS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;

// The kernel's build appends the unpacked size, four bytes, to every format but gzip, which ends with it anyway;
// the programs would take them for garbage.
const FORMATS = [
  { magic: 'fd377a585a00', program: 'xz', appended: 4 },
  { magic: '28b52ffd', program: 'zstd', appended: 4 },
  { magic: '02214c18', program: 'lz4', appended: 4 },
  { magic: '1f8b', program: 'gzip', appended: 0 },
] as const;

/**
 * Writes the ELF image that is packed in a bzImage: under software emulation it boots seconds sooner than a kernel that
 * first unpacks itself.
 */
export function extractKernel(bzImage: string, target: string): void {
  const image = readFileSync(bzImage);
  if (image.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS') {
    throw new Error(`${bzImage} is not an x86 kernel image`);
  }
  const start = ((image[SETUP_SECTS] ?? 0) + 1) * 512 + image.readUInt32LE(PAYLOAD_OFFSET);
  const payload = image.subarray(start, start + image.readUInt32LE(PAYLOAD_LENGTH));
  const format = FORMATS.find(({ magic }) => payload.toString('hex', 0, magic.length / 2) === magic);
  if (format === undefined) throw new Error(`${bzImage} is packed in a way that is not known here`);
  const input = payload.subarray(0, payload.length - format.appended);
  writeFileSync(target, execFileSync(format.program, ['-dc'], { input, maxBuffer: 512 * 2 ** 20 }));
}
