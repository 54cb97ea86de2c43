import { cborMap } from '../../cbor/map.ts';
import type { CborMap, CborValue } from '../../cbor/value.ts';
import type { Credential } from '../../ports/credential.ts';
import { credProtect } from './cred-protect.ts';
import type {
  CreateContext,
  CredentialExtensionData,
  Extension,
  ExtensionName,
  ExtensionOutput,
  GetContext,
} from './extension.ts';
import { credBlob } from './cred-blob.ts';
import { hmacSecretMc } from './hmac-secret-mc.ts';
import { hmacSecret } from './hmac-secret.ts';
import { largeBlobKey } from './large-blob-key.ts';
import { largeBlob } from './large-blob.ts';
import { minPinLength, pinComplexityPolicy } from './pin-policy.ts';
import { thirdPartyPayment } from './third-party-payment.ts';
import { uvm } from './uvm.ts';

const extensions: Readonly<Record<ExtensionName, Extension>> = {
  credProtect,
  credBlob,
  largeBlobKey,
  largeBlob,
  minPinLength,
  pinComplexityPolicy,
  'hmac-secret': hmacSecret,
  'hmac-secret-mc': hmacSecretMc,
  thirdPartyPayment,
  uvm,
};

type Inputs = ReadonlyMap<string, CborValue>;

/** Extensions of one request whose inputs passed all checks. */
export interface PreparedExtensions {
  /** What to store with a new credential. */
  readonly credential: CredentialExtensionData;
  outputs(credential: Credential): CombinedOutput;
}

/** Outputs of all extensions for one credential, sorted by where they go. */
export interface CombinedOutput {
  readonly signed: CborMap;
  readonly unsigned?: CborMap;
  readonly largeBlobKey?: Uint8Array;
  readonly change: CredentialExtensionData;
}

/** Of a request without extensions, as most are. */
const none: PreparedExtensions = { credential: {}, outputs: () => nothing };
const nothing: CombinedOutput = { signed: new Map(), change: {} };

/** Checks the inputs of the announced extensions; unknown identifiers are ignored (CTAP 2.3 §12). */
export function prepareCreateExtensions(context: CreateContext): PreparedExtensions {
  if (context.inputs.size === 0) return none;
  const prepared = announced(context.environment.profile.extensions, context.inputs).flatMap(
    ([extension, input]) => {
      const result = extension.create?.(input, context);
      return result ? [{ name: extension.name, ...result }] : [];
    },
  );
  return {
    credential: Object.assign(
      {},
      ...prepared.map(({ credential }) => credential ?? {}),
    ) as CredentialExtensionData,
    outputs: (credential) => combine(prepared.map(({ name, output }) => [name, output?.(credential) ?? {}])),
  };
}

export function prepareGetExtensions(context: GetContext, inputs: Inputs): PreparedExtensions {
  if (inputs.size === 0) return none;
  const prepared = announced(context.environment.profile.extensions, inputs).flatMap(([extension, input]) => {
    const result = extension.get?.(input, context);
    return result ? [{ name: extension.name, result }] : [];
  });
  return {
    credential: {},
    outputs: (credential) => combine(prepared.map(({ name, result }) => [name, result.output(credential)])),
  };
}

function announced(names: readonly ExtensionName[], inputs: Inputs): [Extension, CborValue][] {
  return names.flatMap((name): [Extension, CborValue][] => {
    const input = inputs.get(name);
    return input === undefined ? [] : [[extensions[name], input]];
  });
}

function combine(outputs: readonly [ExtensionName, ExtensionOutput][]): CombinedOutput {
  const unsigned = cborMap(outputs.map(([name, output]) => [name, output.unsigned]));
  const largeBlobKey = outputs.map(([, output]) => output.largeBlobKey).find((key) => key !== undefined);
  return {
    change: Object.assign({}, ...outputs.map(([, output]) => output.change ?? {})) as CredentialExtensionData,
    signed: cborMap(outputs.map(([name, output]) => [name, output.signed])),
    ...(unsigned.size > 0 && { unsigned }),
    ...(largeBlobKey && { largeBlobKey }),
  };
}
