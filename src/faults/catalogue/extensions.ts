import { decodeCbor } from '../../cbor/decode.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import { CborError } from '../../cbor/error.ts';
import type { CborMap } from '../../cbor/value.ts';
import { authDataFlag } from '../../ctap/auth-data.ts';
import { flagsOf, joinAuthData, splitAuthData, withFlags, type AuthDataParts } from '../auth-data-parts.ts';
import type { Bending, FaultDefinition } from '../effect.ts';
import { ctap2Ceremonies, define, textOf } from './define.ts';

/** A map of one member whose value is missing. */
const notCbor = Uint8Array.of(0xa1, 0x61);

function readOutputs(bytes: Uint8Array): CborMap | undefined {
  if (bytes.length === 0) return new Map();
  try {
    const value = decodeCbor(bytes);
    return value instanceof Map ? (value as CborMap) : undefined;
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}

function bendOutputs(authData: Uint8Array, { parameters }: Bending): Uint8Array | undefined {
  const parts = splitAuthData(authData);
  if (!parts) return undefined;
  const how = textOf(parameters, 'how');
  if (how === 'not-cbor') return assemble(parts, notCbor);
  const outputs = readOutputs(parts.extensions);
  const bent = outputs && bendMap(outputs, how, parameters['extension']);
  return bent && assemble(parts, bent.size === 0 ? new Uint8Array() : encodeCbor(bent));
}

function bendMap(outputs: CborMap, how: string, extension: unknown): CborMap | undefined {
  if (how === 'extra') {
    const name = typeof extension === 'string' ? extension : 'example.unasked';
    return outputs.has(name) ? undefined : new Map([...outputs, [name, true]]);
  }
  const concerns = (name: unknown): boolean => extension === undefined || name === extension;
  if (![...outputs.keys()].some(concerns)) return undefined;
  if (how === 'drop') return new Map([...outputs].filter(([name]) => !concerns(name)));
  return new Map([...outputs].map(([name, value]) => [name, concerns(name) ? ['malformed'] : value]));
}

function assemble(parts: AuthDataParts, extensions: Uint8Array): Uint8Array {
  const joined = joinAuthData({ ...parts, extensions });
  const flags = flagsOf(joined);
  return withFlags(joined, extensions.length > 0 ? flags | authDataFlag.ED : flags & ~authDataFlag.ED);
}

export const extensionFaults: readonly FaultDefinition[] = [
  define(
    'ctap',
    {
      name: 'ctap.extension-output',
      commands: ctap2Ceremonies,
      parameters: [
        {
          name: 'how',
          type: 'choice',
          choices: ['drop', 'extra', 'malformed', 'not-cbor'],
          default: 'drop',
          doc: 'The output is left out, one comes that nobody asked for, its value is an array of text, or the outputs are no CBOR at all.',
        },
        {
          name: 'extension',
          type: 'text',
          doc: 'The name of the extension; all of them unless given (example.unasked for an extra one).',
        },
      ],
      does: 'Spoils the extension outputs in the authenticator data and signs that. drop and malformed do nothing where there are none.',
      expect:
        'A browser and a relying party go on without an output that is missing, ignore one that they did not ask for, take none of a type that makes no sense, and refuse data that do not parse.',
      outcome:
        'SimpleWebAuthn verifies drop, extra and malformed, which show in `authenticatorExtensionResults`; for not-cbor it throws what its CBOR decoder says. A page that asked for prf gets no `results` after drop. In a browser, malformed and not-cbor may end in UnknownError or NotAllowedError.',
    },
    { at: 'auth-data', bend: bendOutputs },
  ),
];
