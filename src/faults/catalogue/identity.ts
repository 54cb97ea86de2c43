import type { CborMap } from '../../cbor/value.ts';
import { encodeDescriptor, encodeUser, type UserEntity } from '../../ctap/entities.ts';
import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { joinAuthData, splitAuthData } from '../auth-data-parts.ts';
import type { Bending, FaultDefinition } from '../effect.ts';
import { bytesOf, define } from './define.ts';

/** Members of the answer to getAssertion (CTAP 2.3 §6.2). */
const member = { credential: 0x01, user: 0x04 } as const;

/** The longest id that a U2F registration can carry. */
const maxKeyHandle = 255;

function otherId(original: Uint8Array, { parameters, random }: Bending): Uint8Array {
  return bytesOf(parameters, 'credentialId') ?? random.bytes(original.length);
}

function bendAttestedId(authData: Uint8Array, bending: Bending): Uint8Array | undefined {
  const parts = splitAuthData(authData);
  if (!parts || parts.credentialId.length === 0) return undefined;
  return joinAuthData({ ...parts, credentialId: otherId(parts.credentialId, bending) });
}

function bendKeyHandle(id: Uint8Array, bending: Bending): Uint8Array {
  return otherId(id, bending).slice(0, maxKeyHandle);
}

function bendDescriptor(members: CborMap, bending: Bending): CborMap | undefined {
  const descriptor = members.get(member.credential);
  if (bending.request.command === 'makeCredential' || !(descriptor instanceof Map)) return undefined;
  const id: unknown = descriptor.get('id');
  if (!(id instanceof Uint8Array)) return undefined;
  return new Map([...members, [member.credential, encodeDescriptor(otherId(id, bending))]]);
}

function bendUser(members: CborMap, bending: Bending): CborMap | undefined {
  if (!members.has(member.credential)) return undefined;
  const user = members.get(member.user);
  const own: unknown = user instanceof Map ? user.get('id') : undefined;
  const other = otherAccount(own instanceof Uint8Array ? own : undefined, bending);
  return new Map([...members, [member.user, encodeUser(other)]]);
}

/** Another account of the same site, if the key has one. */
function otherAccount(
  own: Uint8Array | undefined,
  { key, parameters, random, request }: Bending,
): UserEntity {
  const given = bytesOf(parameters, 'userHandle');
  if (given) return { id: given };
  const hash = request.rpId === undefined ? undefined : key.crypto.sha256(utf8Bytes(request.rpId));
  const others = hash ? key.keystore.discoverable(hash).flatMap(({ user }) => user ?? []) : [];
  const other = others.find(({ id }) => own === undefined || !sameBytes(id, own));
  return { id: other?.id ?? random.bytes(own?.length ?? 16) };
}

/** Faults of who answers. */
export const identityFaults: readonly FaultDefinition[] = [
  define(
    'ctap',
    {
      name: 'ctap.credential-id',
      parameters: [
        {
          name: 'credentialId',
          type: 'bytes',
          doc: 'The id to give; random bytes of the right length unless given. Cut to 255 bytes in U2F.',
        },
      ],
      does: 'Gives another credential id than the one it has made or signed with.',
      expect:
        'A browser ends a sign-in with an id that was not in the allow list; a relying party refuses one that it does not know. A registration cannot be seen through, but no sign-in with it will ever succeed.',
      outcome:
        'At sign-in without an allow list the credential is not found on the server; with one, UnknownError or NotAllowedError in the browser. After a registration: NotAllowedError at the first sign-in.',
    },
    { at: 'auth-data', bend: bendAttestedId },
    { at: 'key-handle', bend: bendKeyHandle },
    { at: 'members', bend: bendDescriptor },
  ),
  define(
    'ctap',
    {
      name: 'ctap.user-handle',
      commands: ['getAssertion', 'getNextAssertion'],
      parameters: [
        {
          name: 'userHandle',
          type: 'bytes',
          doc: 'The user.id to give; unless given, that of another account of the site on this key, or random bytes.',
        },
      ],
      does: 'Names another account than the one that the credential belongs to. No signature covers the user handle.',
      expect:
        'A relying party looks the account up by the credential, and refuses when the user handle is not that of its owner: otherwise Alice signs in as Bob.',
      outcome:
        'SimpleWebAuthn verifies the signature and leaves the comparison to the relying party: `response.userHandle` is not the owner’s id. `examples/relying-party` answers WrongUser.',
    },
    { at: 'members', bend: bendUser },
  ),
];
