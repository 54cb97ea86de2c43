import { decodeMessage } from '../../cbor/table.ts';
import { concatBytes, fromHex, littleEndian32, sameBytes } from '../../ctap/bytes.ts';
import { ctapCommand } from '../../ctap/command.ts';
import { CtapError } from '../../ctap/error.ts';
import {
  encodeLargeBlobsResponse,
  largeBlobsTable,
  type LargeBlobsRequest,
} from '../../ctap/messages/large-blobs.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { permission } from '../../ctap/permission.ts';
import type { ContinuationState } from '../state/continuation.ts';
import { authorizeChange } from '../steps/authorize-change.ts';

/** Fragments of a new array that came so far, all in order. */
export interface PendingBlobUpload {
  readonly kind: 'blob-upload';
  readonly received: Uint8Array;
  /** Bytes that the whole array will have. */
  readonly total: number;
}

/** An empty CBOR array and its checksum (CTAP 2.3 §6.10). */
export const initialLargeBlobArray = fromHex('8076be8b528d0075f7aae98d6fa57a6d3c');
const checksumLength = 16;
/** A smaller capacity than this is never refused for its size (CTAP 2.3 §6.10.2). */
const guaranteedCapacity = 1024;
/** What a fragment leaves of maxMsgSize. */
const messageOverhead = 64;

/** authenticatorLargeBlobs (CTAP 2.3 §6.10.2). The key never looks into the array. */
export async function largeBlobs(
  environment: Environment,
  parameters: Uint8Array,
  transaction: Transaction,
  continued: ContinuationState | undefined,
): Promise<Uint8Array> {
  keepUpload(environment, transaction.channel, continued);
  const request = decodeMessage(largeBlobsTable, parameters).fields;
  const { get, offset, set } = request;
  if (offset === undefined) invalid('offset is missing');
  if ((get === undefined) === (set === undefined)) invalid('exactly one of get and set is needed');
  if (get !== undefined) return readFragment(environment, request, get, offset);
  if (set === undefined) invalid('set is missing');
  const upload = expectedUpload(environment, request, set, offset, continued);
  authorizeChange(
    environment,
    request,
    () => authenticatedMessage(environment, set, offset),
    permission.largeBlobWrite,
  );
  await appendFragment(environment, transaction.channel, upload, set);
  return new Uint8Array();
}

/** A fragment that is refused, or a look at the array, leaves an upload where it was. */
function keepUpload(
  { continuation }: Environment,
  channel: number,
  continued: ContinuationState | undefined,
): void {
  if (continued?.kind === 'blob-upload') continuation.remember(channel, continued);
}

function invalid(detail: string): never {
  throw new CtapError('INVALID_PARAMETER', detail);
}

function checkFragmentLength({ profile }: Environment, length: number): void {
  if (length > profile.maxMsgSize - messageOverhead) {
    throw new CtapError('INVALID_LENGTH', `a fragment of ${length} bytes is too long`);
  }
}

function readFragment(
  environment: Environment,
  request: LargeBlobsRequest,
  get: number,
  offset: number,
): Uint8Array {
  if (request.length !== undefined) invalid('length goes with set');
  if (request.pinUvAuthParam || request.pinUvAuthProtocol !== undefined)
    invalid('reading needs no authorisation');
  checkFragmentLength(environment, get);
  const stored = environment.keystore.state().largeBlobArray ?? initialLargeBlobArray;
  if (offset > stored.length) invalid('offset is behind the end of the array');
  return encodeLargeBlobsResponse(stored.subarray(offset, offset + get));
}

/** The upload that a fragment belongs to: a new one at offset zero, else the pending one at its very end. */
function expectedUpload(
  environment: Environment,
  { length }: LargeBlobsRequest,
  fragment: Uint8Array,
  offset: number,
  continued: ContinuationState | undefined,
): PendingBlobUpload {
  checkFragmentLength(environment, fragment.length);
  if (offset === 0) return beginUpload(environment, length);
  if (length !== undefined) invalid('length goes with offset zero');
  if (continued?.kind !== 'blob-upload' || continued.received.length !== offset) {
    throw new CtapError('INVALID_SEQ', 'the fragment does not follow the one before it');
  }
  return continued;
}

function beginUpload({ profile }: Environment, length: number | undefined): PendingBlobUpload {
  if (length === undefined) return invalid('length is missing');
  if (length > Math.max(guaranteedCapacity, profile.largeBlobArray?.capacity ?? 0)) {
    throw new CtapError('LARGE_BLOB_STORAGE_FULL', `${length} bytes are more than there is room for`);
  }
  if (length <= checksumLength) return invalid('length leaves no room for an array beside its checksum');
  return { kind: 'blob-upload', received: new Uint8Array(), total: length };
}

/** What pinUvAuthParam covers (CTAP 2.3 §6.10.2); the offset is little-endian, unlike everything else in CTAP. */
function authenticatedMessage({ crypto }: Environment, fragment: Uint8Array, offset: number): Uint8Array {
  return concatBytes(
    new Uint8Array(32).fill(0xff),
    Uint8Array.of(ctapCommand.largeBlobs, 0x00),
    littleEndian32(offset),
    crypto.sha256(fragment),
  );
}

async function appendFragment(
  environment: Environment,
  channel: number,
  upload: PendingBlobUpload,
  fragment: Uint8Array,
): Promise<void> {
  const received = concatBytes(upload.received, fragment);
  if (received.length > upload.total) invalid('the fragments are longer than the length announced');
  if (received.length < upload.total) {
    environment.continuation.remember(channel, { ...upload, received });
    return;
  }
  environment.continuation.clear();
  const content = received.subarray(0, -checksumLength);
  const checksum = environment.crypto.sha256(content).subarray(0, checksumLength);
  if (!sameBytes(checksum, received.subarray(-checksumLength))) {
    throw new CtapError('INTEGRITY_FAILURE', 'the checksum of the array is wrong');
  }
  await environment.keystore.updateState({ largeBlobArray: received });
}
