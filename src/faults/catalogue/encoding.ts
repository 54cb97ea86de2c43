import { concatBytes, utf8Bytes } from '../../ctap/bytes.ts';
import type { CborMap } from '../../cbor/value.ts';
import type { Bending, FaultDefinition } from '../effect.ts';
import { ctap2Ceremonies, define, numberOf, textOf } from './define.ts';
import { mapEntries } from '../map-entries.ts';

const mapOf = (count: number): number => 0xa0 | count;
const indefiniteMap = 0xbf;
const breakByte = 0xff;

/** A key below 24 in a byte of its own, which canonical CBOR (CTAP 2.3 §8) forbids. */
function lengthen(entry: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0x18), entry);
}

/** Maps of responses have few members, so that their head is one byte. */
function bendEncoding(body: Uint8Array, { parameters }: Bending): Uint8Array | undefined {
  const entries = mapEntries(body);
  const [first, ...others] = entries;
  if (!first) return undefined;
  const count = entries.length;
  switch (textOf(parameters, 'how')) {
    case 'duplicate-key':
      return concatBytes(Uint8Array.of(mapOf(count + 1)), first, first, ...others);
    case 'indefinite-length':
      return concatBytes(Uint8Array.of(indefiniteMap), ...entries, Uint8Array.of(breakByte));
    case 'long-integer':
      return concatBytes(Uint8Array.of(mapOf(count)), lengthen(first), ...others);
    case 'trailing-byte':
      return concatBytes(body, Uint8Array.of(0));
    default:
      return count < 2 ? undefined : concatBytes(Uint8Array.of(mapOf(count)), ...others, first);
  }
}

function bendLength(body: Uint8Array, { parameters }: Bending): Uint8Array {
  return body.slice(0, Math.max(body.length - numberOf(parameters, 'bytes'), 0));
}

function addMember(members: CborMap, { parameters }: Bending): CborMap | undefined {
  const key = numberOf(parameters, 'key');
  return members.has(key) ? undefined : new Map([...members, [key, utf8Bytes('unknown')]]);
}

/** Faults of how a response is written down. */
export const encodingFaults: readonly FaultDefinition[] = [
  define(
    'ctap',
    {
      name: 'ctap.cbor-not-canonical',
      commands: ctap2Ceremonies,
      parameters: [
        {
          name: 'how',
          type: 'choice',
          choices: ['key-order', 'duplicate-key', 'long-integer', 'indefinite-length', 'trailing-byte'],
          default: 'key-order',
          doc: 'What is wrong with the outermost map.',
        },
      ],
      does: 'Encodes a response in CBOR that says the same but breaks the canonical form of CTAP 2.3 §8.',
      expect: 'A browser that decodes strictly takes the key for broken and ends the ceremony.',
      outcome:
        'NotAllowedError or UnknownError; nothing reaches the relying party. `CtapClient` throws KeyResponseError.',
    },
    { at: 'encoding', bend: bendEncoding },
  ),
  define(
    'ctap',
    {
      name: 'ctap.cbor-truncated',
      commands: ctap2Ceremonies,
      parameters: [
        {
          name: 'bytes',
          type: 'integer',
          minimum: 1,
          maximum: 7609,
          default: 1,
          doc: 'How many bytes are missing at the end; the status always comes.',
        },
      ],
      does: 'Cuts the response off. The CTAPHID message is whole, and as long as it says.',
      expect: 'A browser takes the key for broken and ends the ceremony; it waits for nothing more.',
      outcome:
        'NotAllowedError or UnknownError; nothing reaches the relying party. `CtapClient` throws KeyResponseError.',
    },
    { at: 'encoding', bend: bendLength },
  ),
  define(
    'ctap',
    {
      name: 'ctap.unknown-member',
      commands: [...ctap2Ceremonies, 'getInfo'],
      parameters: [
        {
          name: 'key',
          type: 'integer',
          minimum: 0x20,
          maximum: 0xffff,
          default: 0xfa,
          doc: 'The integer key of the surplus member, which holds seven bytes.',
        },
      ],
      does: 'Adds a member to the response that no standard knows, as a key of a later generation may.',
      expect: 'Everybody ignores it: the ceremony succeeds.',
      outcome: 'SimpleWebAuthn verifies the response.',
    },
    { at: 'members', bend: addMember },
  ),
];
