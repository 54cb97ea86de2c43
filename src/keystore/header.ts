import { KeystoreError } from '../ports/keystore.ts';
import type { Random } from '../ports/random.ts';
import type { Database } from './database.ts';
import { headerKey } from './layout.ts';
import type { Protection } from './protection.ts';
import {
  newWrapping,
  openWrapping,
  protectionRecord,
  removeKeyFile,
  wrappingPlace,
  wrongSecret,
} from './protection.ts';
import { bytes, decodeCbor, encodeCbor, field, record } from './record-schema.ts';
import { damaged, newerVersion } from './sealing.ts';

/** Readable by people who find the file: what it is, then one byte of format version, then the header itself. */
const magic = Buffer.from('fauxkey keystore\n');
const formatVersion = 1;

interface Header {
  readonly storeId: Uint8Array;
  readonly protection: Protection;
  readonly wrappedKey: Uint8Array;
}

const headerRecord = record<Header>({
  storeId: field(1, bytes),
  protection: field(2, protectionRecord),
  wrappedKey: field(3, bytes),
});

export interface Secrets {
  readonly passphrase: string | undefined;
  readonly random: Random;
}

/** The data key of a store (32 bytes). A database that is empty becomes a store. */
export async function unlock(database: Database, secrets: Secrets): Promise<Uint8Array> {
  database.refresh();
  const header = readHeader(database) ?? (await createHeader(database, secrets));
  return unwrap(database, header, secrets);
}

/** Wraps the data key anew: with a passphrase, or with the key file if there is none. Records stay as they are. */
export async function protectAnew(database: Database, dataKey: Uint8Array, secrets: Secrets): Promise<void> {
  database.refresh();
  const storeId = readHeader(database)?.storeId;
  if (storeId === undefined) throw damaged(database.path);
  const header = await wrap(database, storeId, dataKey, secrets);
  await database.write(() => {
    database.put(headerKey, encodeHeader(header));
  });
  if (secrets.passphrase !== undefined) removeKeyFile(database.path);
}

function readHeader(database: Database): Header | undefined {
  const value = database.get(headerKey);
  if (value === undefined) {
    if (database.isEmpty()) return undefined;
    throw foreign(database.path);
  }
  if (Buffer.compare(value.subarray(0, magic.length), magic) !== 0) throw foreign(database.path);
  if ((value[magic.length] ?? 0) > formatVersion) throw newerVersion(database.path);
  try {
    return headerRecord.read(decodeCbor(value.subarray(magic.length + 1)));
  } catch (error) {
    throw damaged(database.path, error);
  }
}

/** Of two processes that come first at the same time, one makes the header and both use it. */
async function createHeader(database: Database, secrets: Secrets): Promise<Header> {
  const { random } = secrets;
  const header = await wrap(database, random.bytes(16), random.bytes(32), secrets);
  return database.write(() => {
    const existing = readHeader(database);
    if (existing !== undefined) return existing;
    database.put(headerKey, encodeHeader(header));
    return header;
  });
}

async function wrap(
  database: Database,
  storeId: Uint8Array,
  dataKey: Uint8Array,
  secrets: Secrets,
): Promise<Header> {
  const { protection, sealer } = await newWrapping(database.path, secrets.passphrase, secrets.random);
  return { storeId, protection, wrappedKey: sealer.seal(wrappingPlace(storeId, protection), dataKey) };
}

async function unwrap(database: Database, header: Header, secrets: Secrets): Promise<Uint8Array> {
  const { protection, storeId, wrappedKey } = header;
  const { sealer } = await openWrapping(database.path, secrets.passphrase, protection, secrets.random);
  try {
    return sealer.open(wrappingPlace(storeId, protection), wrappedKey);
  } catch (error) {
    if (error instanceof KeystoreError && error.problem === 'corrupt')
      throw wrongSecret(database.path, protection);
    throw error;
  }
}

function encodeHeader(header: Header): Uint8Array {
  return Buffer.concat([magic, Uint8Array.of(formatVersion), encodeCbor(headerRecord.write(header))]);
}

function foreign(path: string): KeystoreError {
  return new KeystoreError(
    'corrupt',
    `The database in ${path} was not made by Fauxkey; use another directory for the keystore.`,
  );
}
