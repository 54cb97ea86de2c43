import { cborMap } from '../../cbor/map.ts';
import type { CborValue } from '../../cbor/value.ts';
import { CtapStatusError } from '../errors.ts';
import { maxFragmentLength } from '../large-blobs-client.ts';
import { readLargeBlobOutput } from '../responses.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import { hasExtension, option, type CeremonyContext } from './context.ts';
import type { GetPlan } from './extension.ts';
import {
  decodeLargeBlobArray,
  encodeLargeBlobArray,
  openLargeBlob,
  sealLargeBlob,
  type LargeBlobCompression,
} from './large-blob-array.ts';
import type { ExtensionInputsJson, ExtensionOutputsJson } from './options.ts';
import type { Verification } from './user-verification.ts';

/** How a key keeps large blobs: inside the assertion (CTAP 2.3 §12.4) or in the array beside it (§12.3). */
function design(context: CeremonyContext): 'extension' | 'array' | undefined {
  if (hasExtension(context, 'largeBlob')) return 'extension';
  return hasExtension(context, 'largeBlobKey') && option(context, 'largeBlobs') === true
    ? 'array'
    : undefined;
}

/** Whether a write goes to the array, for which a token needs permission lbw. */
export function writesLargeBlobArray(context: CeremonyContext, { largeBlob }: ExtensionInputsJson): boolean {
  return (
    largeBlob?.write !== undefined && context.policy.compression !== undefined && design(context) === 'array'
  );
}

const nothingRead: GetPlan = {
  inputs: {},
  read: (_, outputs) => {
    outputs.largeBlob = {};
  },
};

const nothingWritten: GetPlan = {
  inputs: {},
  read: (_, outputs) => {
    outputs.largeBlob = { written: false };
  },
};

/** A blob that is not there, or that does not inflate, leaves the output empty (WebAuthn L3 §10.1.5). */
export function planLargeBlobRead(
  context: CeremonyContext,
  { largeBlob }: ExtensionInputsJson,
): GetPlan | undefined {
  if (largeBlob?.read !== true) return undefined;
  const { compression } = context.policy;
  const kind = design(context);
  if (compression === undefined || kind === undefined) return nothingRead;
  if (kind === 'extension') {
    return {
      inputs: { largeBlob: cborMap([['read', true]]) },
      read: async (response, outputs) => {
        const { blob, originalSize } = readLargeBlobOutput(response) ?? {};
        outputs.largeBlob = await inflated(compression, blob, originalSize);
      },
    };
  }
  return {
    inputs: { largeBlobKey: true },
    read: async ({ largeBlobKey }, outputs) => {
      const elements = largeBlobKey && decodeLargeBlobArray(context.ctap.platform, await readArray(context));
      const found = largeBlobKey && findElement(elements ?? [], largeBlobKey);
      outputs.largeBlob = await inflated(compression, found?.compressed, found?.originalSize);
    },
  };
}

async function inflated(
  compression: LargeBlobCompression,
  blob: Uint8Array | undefined,
  size: number | undefined,
): Promise<NonNullable<ExtensionOutputsJson['largeBlob']>> {
  if (blob === undefined || size === undefined) return {};
  try {
    return { blob: encodeBase64Url(await compression.inflate(blob, size)) };
  } catch {
    // Another platform stored something else than DEFLATE: as good as nothing.
    return {};
  }
}

export async function planLargeBlobWrite(
  context: CeremonyContext,
  { largeBlob }: ExtensionInputsJson,
  { token }: Verification,
): Promise<GetPlan | undefined> {
  if (largeBlob?.write === undefined) return undefined;
  const { compression } = context.policy;
  const kind = design(context);
  if (compression === undefined || kind === undefined) return nothingWritten;
  const data = decodeBase64Url(largeBlob.write, 'largeBlob.write');
  const compressed = await compression.deflate(data);
  if (kind === 'extension') {
    const input = cborMap([
      ['write', compressed],
      ['originalSize', data.length],
    ]);
    return {
      inputs: { largeBlob: input },
      read: (response, outputs) => {
        outputs.largeBlob = { written: readLargeBlobOutput(response)?.written ?? false };
      },
    };
  }
  return {
    inputs: { largeBlobKey: true },
    read: async ({ largeBlobKey }, outputs) => {
      const written = largeBlobKey
        ? await replaceElement(context, largeBlobKey, { compressed, originalSize: data.length }, token)
        : false;
      outputs.largeBlob = { written };
    },
  };
}

function readArray({ ctap, info }: CeremonyContext): Promise<Uint8Array> {
  return ctap.largeBlobs.read(maxFragmentLength(info.maxMsgSize));
}

function findElement(elements: readonly CborValue[], key: Uint8Array): ReturnType<typeof openLargeBlob> {
  for (const element of elements) {
    const opened = openLargeBlob(key, element);
    if (opened) return opened;
  }
  return undefined;
}

/** A corrupt array is replaced, as CTAP 2.3 §6.10.6 wants. False if the key did not take it. */
async function replaceElement(
  context: CeremonyContext,
  largeBlobKey: Uint8Array,
  blob: { readonly compressed: Uint8Array; readonly originalSize: number },
  token: Verification['token'],
): Promise<boolean> {
  const { ctap, info } = context;
  const elements = decodeLargeBlobArray(ctap.platform, await readArray(context)) ?? [];
  const others = elements.filter((element) => openLargeBlob(largeBlobKey, element) === undefined);
  const own = sealLargeBlob(ctap.platform, largeBlobKey, blob.compressed, blob.originalSize);
  const array = encodeLargeBlobArray(ctap.platform, [...others, own]);
  try {
    await ctap.largeBlobs.write(array, token, maxFragmentLength(info.maxMsgSize));
    return true;
  } catch (error) {
    if (error instanceof CtapStatusError) return false;
    throw error;
  }
}
