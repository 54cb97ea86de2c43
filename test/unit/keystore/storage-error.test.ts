import { describe, expect, it } from 'vitest';
import { RecordShapeError } from '../../../src/keystore/record-schema.ts';
import { hasRoom, storageError } from '../../../src/keystore/storage-error.ts';
import { UsageError } from '../../../src/ports/errors.ts';
import { KeystoreError } from '../../../src/ports/keystore.ts';

const path = import.meta.dirname;
const withCode = (code: string, message = 'it failed') => Object.assign(new Error(message), { code });

describe('what storage throws', () => {
  it.each<[Error, string, string]>([
    [new Error('MDB_CORRUPTED: Located page was wrong type'), 'corrupt', 'damaged'],
    [new Error('MDB_VERSION_MISMATCH: Database environment version mismatch'), 'corrupt', 'damaged'],
    [new RecordShapeError('a record without a counter'), 'corrupt', 'damaged'],
    [
      new Error('MDB_MAP_FULL: Environment mapsize limit reached'),
      'full',
      'the disk is full; free some space',
    ],
    [withCode('ENOSPC'), 'full', 'the disk is full; free some space'],
    [withCode('EDQUOT'), 'full', 'the disk is full; free some space'],
    [new Error('MDB_READERS_FULL: maxreaders limit reached'), 'io', 'too many processes use it at once'],
    [withCode('EACCES'), 'io', 'this user may not read and write it'],
    [new Error('Operation not permitted'), 'io', 'this user may not read and write it'],
    [withCode('EROFS'), 'io', 'its file system is read-only'],
    [withCode('ENOTDIR'), 'io', 'it is not a directory'],
    [withCode('EEXIST'), 'io', 'it is not a directory'],
    [withCode('ENOENT'), 'io', 'it is not there and cannot be made'],
    [withCode('EMFILE', 'Too many open files'), 'io', 'the operating system says: Too many open files.'],
    [new Error('Input/output error'), 'io', 'the operating system says: Input/output error.'],
  ])('becomes a sentence: %s', (error, problem, words) => {
    const told = storageError(error, path);
    expect(told).toBeInstanceOf(KeystoreError);
    expect(told).toMatchObject({ problem, cause: error });
    expect((told as Error).message).toContain(path);
    expect((told as Error).message).toContain(words);
  });

  it.each([
    new KeystoreError('io', 'The keystore is locked.'),
    new UsageError('No.'),
    new TypeError('x is not a function'),
    'a text',
    undefined,
  ])('is kept when it says enough or is a mistake of ours: %s', (error) => {
    expect(storageError(error, path)).toBe(error);
  });
});

it('sees that there is room', () => {
  expect(hasRoom(path)).toBe(true);
});
