/**
 * Boots a Linux guest and runs the suites of `guest/suites` in it: a real kernel's HID stack, real browsers, real tools.
 *
 *   node test/vm/out/build/run.js [--only SUITE,SUITE] [--limit SECONDS]
 * CYCLES in the environment is how often USB/IP is attached and detached, however long that takes; ten seconds without it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildInitramfs } from './host/initramfs.ts';
import { extractKernel, findKernel } from './host/kernel.ts';
import { runGuest } from './host/qemu.ts';
import { LineFollower, Report } from './host/report.ts';
import { RESULTS_FILE } from './results.ts';

const checkout = resolve(import.meta.dirname, '../../../..');
const sources = join(checkout, 'test/vm');
const out = join(sources, 'out');
const share = join(out, 'share');

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, limit: { type: 'string', default: '2400' } },
});

function prepareKernel(): { readonly kernel: string; readonly initramfs: string } {
  const { release, image } = findKernel();
  const kernel = join(out, `kernel-${release}`);
  if (!existsSync(kernel) || statSync(kernel).mtimeMs < statSync(image).mtimeMs) extractKernel(image, kernel);
  const initramfs = join(out, 'initramfs');
  buildInitramfs(release, join(sources, 'guest/init.sh'), initramfs);
  return { kernel, initramfs };
}

function prepareShare(): void {
  rmSync(share, { recursive: true, force: true });
  mkdirSync(join(share, 'screens'), { recursive: true });
  mkdirSync(join(share, 'logs'));
  if (!/^[\w,-]*$/.test(options.only)) throw new Error(`${options.only} is no list of suites`);
  const only = options.only === '' ? '' : `--only ${options.only}`;
  const cycles = String(Number(process.env['CYCLES'] ?? 0));
  writeFileSync(
    join(share, 'guest.env'),
    `NODE='${process.execPath}'\nOPTIONS='${only}'\nexport CYCLES=${cycles}\n`,
  );
}

async function main(): Promise<number> {
  const started = performance.now();
  execFileSync(join(sources, 'install-packages.sh'), { stdio: 'inherit' });
  mkdirSync(out, { recursive: true });
  prepareShare();
  const { kernel, initramfs } = prepareKernel();

  const report = new Report();
  const follower = new LineFollower(join(share, RESULTS_FILE), (event) => report.take(event));
  const serialLog = join(out, 'serial.log');
  const ending = await runGuest({
    ...{ kernel, initramfs, checkout, share, serialLog },
    processLog: join(out, 'qemu.log'),
    limitSeconds: Number(options.limit),
  });
  follower.close();

  const { line, ok } = report.close(ending);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  process.stdout.write(
    `\nguest: ${ending} after ${minutes} minutes; logs and screenshots in ${out}\n${line}\n`,
  );
  return ok ? 0 : 1;
}

process.exitCode = await main();
