import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { KeystoreError } from '../ports/keystore.ts';
import { dataFile, guarded } from './places.ts';
import type { Meta } from './lmdb-pages.ts';
import { readMeta } from './lmdb-pages.ts';
import type { PageSource } from './lmdb-survey.ts';
import { isSoundSnapshot } from './lmdb-survey.ts';
import { damaged } from './sealing.ts';

/** Files up to this size are looked at page by page; of bigger ones only the upper levels of the trees are. */
const wholeFileLimit = 4 * 1024 * 1024;
const attempts = 20;
/** More than the part of a meta page that says something. */
const metaLength = 512;

/**
 * Looks at data.mdb before LMDB maps it into memory. LMDB trusts its file: with a damaged one it reads wherever a wrong
 * page number points, and the process ends with a signal instead of a sentence. Throws KeystoreError `corrupt`.
 */
export function requireSoundFile(directory: string): void {
  guarded(directory, () => {
    const file = openSync(join(directory, dataFile), 'r');
    try {
      requireSound(file, directory);
    } finally {
      closeSync(file);
    }
  });
}

function requireSound(file: number, directory: string): void {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = readMetaPages(file);
    const meta = latestMeta(before);
    // After the meta page: the file has grown as far as that says.
    const { size } = fstatSync(file);
    if (meta !== undefined && isSound(file, size, meta)) return;
    // A process that commits meanwhile may have reused pages of the snapshot that was read; then it is to be read anew.
    const wasStill = readMetaPages(file).every((page, index) => page.equals(before[index] ?? page));
    if (wasStill) throw meta === undefined ? notOurs(directory) : damaged(directory);
  }
}

function isSound(file: number, size: number, meta: Meta): boolean {
  const levels = size <= wholeFileLimit ? Infinity : 2;
  return isSoundSnapshot(pageSource(file, size, meta.pageSize), meta, levels);
}

function pageSource(file: number, size: number, pageSize: number): PageSource {
  const whole = size <= wholeFileLimit ? readAt(file, 0, size) : undefined;
  return {
    pageSize,
    pages: Math.floor(size / pageSize),
    page: (number) =>
      whole === undefined
        ? readAt(file, number * pageSize, pageSize)
        : whole.subarray(number * pageSize, (number + 1) * pageSize),
  };
}

/** The meta page of the last transaction; there are two, written in turn. */
function latestMeta(pages: readonly Buffer[]): Meta | undefined {
  const [first, second] = pages.map(readMeta);
  if (first === undefined || second === undefined) return undefined;
  return second.transaction > first.transaction ? second : first;
}

function readMetaPages(file: number): Buffer[] {
  const first = readAt(file, 0, metaLength);
  return [first, readAt(file, readMeta(first)?.pageSize ?? 0, metaLength)];
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(file, buffer, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer;
}

function notOurs(directory: string): KeystoreError {
  return new KeystoreError(
    'corrupt',
    `The file ${join(directory, dataFile)} is damaged or not a keystore; put a backup in its place, or move it away to begin anew.`,
  );
}
