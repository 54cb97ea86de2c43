import { cborMap } from '../../src/cbor/map.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import type { CtapClient } from '../../src/client/ctap-client.ts';
import {
  encodeGetAssertion,
  encodeMakeCredential,
  publicKeyDescriptors,
} from '../../src/client/ctap-client.ts';
import type { PinUvAuthToken } from '../../src/client/pin-protocol.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { encodeDescriptor, encodeUser } from '../../src/ctap/entities.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { bioEnrollmentSubCommand } from '../../src/ctap/messages/bio-enrollment.ts';
import { clientPinSubCommand } from '../../src/ctap/messages/client-pin.ts';
import { configSubCommand } from '../../src/ctap/messages/config.ts';
import { credentialManagementSubCommand } from '../../src/ctap/messages/credential-management.ts';
import type { CborType } from './bad-cbor.ts';
import { enrolFinger } from './fingerprints.ts';
import { changePinRequest, setPinRequest, tokenRequest, type PinRequest } from './pin-requests.ts';
import {
  bit,
  idOf,
  pin,
  provider,
  registration,
  resident,
  site,
  siteHash,
  tokenByPin,
  type Opened,
} from './protocol.ts';

/** A member of a request: the type that it has to have, and the status without it, if there is one. */
export interface Member {
  readonly type: CborType;
  readonly missing?: string;
}
export type Members = Readonly<Record<number, Member>>;

/** Puts a request together again with other parameters, signed anew where they are signed. */
type Build = (params?: CborMap) => CborMap;

export interface Prepared {
  readonly good: CborMap;
  readonly build?: Build;
}

/** One command or subcommand: what is true of its request by the standard, and how to make a good one. */
export interface Entry {
  readonly name: string;
  readonly code: number;
  /** The subcommand, where the command has some. */
  readonly sub?: number;
  readonly members: Members;
  /** Members of subCommandParams. */
  readonly params?: Members;
  /** Key of subCommandParams in the request. */
  readonly paramsKey?: number;
  /** Values of members, or of parameters, that are out of range. */
  readonly outOfRange?: readonly (readonly [number, CborValue, string])[];
  readonly paramsOutOfRange?: readonly (readonly [number, CborValue, string])[];
  /** Answers to a good request; `OK` unless given. */
  readonly status?: string;
  readonly prepare: (opened: Opened) => Promise<Prepared>;
}

const uint: Member = { type: 'uint' };
const bytes: Member = { type: 'bytes' };
const text: Member = { type: 'text' };
const map: Member = { type: 'map' };
const array: Member = { type: 'array' };
const boolean: Member = { type: 'boolean' };
const needed = (member: Member, missing = 'MISSING_PARAMETER'): Member => ({ ...member, missing });

/** A number of 64 bits. */
export const huge = 2n ** 63n;
const protocols = (key: number) =>
  ([0, 3, huge] as const).map((value) => [key, value, 'INVALID_PARAMETER'] as const);
const params = (key: number, good: Uint8Array = new Uint8Array(32)) =>
  [new Uint8Array(), good.subarray(1), concatBytes(good, good)].map(
    (value) => [key, value, 'PIN_AUTH_INVALID'] as const,
  );

const withPin = async ({ client }: Opened, permissions: number): Promise<PinUvAuthToken> => {
  await client.clientPin.setPin(pin);
  return tokenByPin(client, permissions);
};
const signedCommand =
  (
    token: PinUvAuthToken,
    prefix: readonly number[],
    keys: { params: number; protocol: number; param: number },
    rest: readonly (readonly [number, CborValue])[],
  ): Build =>
  (given) => {
    const encoded = given === undefined ? new Uint8Array() : encodeCbor(given);
    return cborMap(
      new Map<number, CborValue | undefined>([
        ...rest,
        [keys.params, given],
        [keys.protocol, token.version],
        [keys.param, token.authenticate(concatBytes(Uint8Array.from(prefix), encoded))],
      ]),
    );
  };

const pinMap = (request: PinRequest): CborMap =>
  cborMap([
    [1, request.pinUvAuthProtocol],
    [2, request.subCommand],
    [3, request.keyAgreement],
    [4, request.pinUvAuthParam],
    [5, request.newPinEnc],
    [6, request.pinHashEnc],
    [9, request.permissions],
    [10, request.rpId],
  ]);

/** Members of clientPIN of which a subcommand needs some. */
const pinMembers = (...keys: readonly number[]): Members => {
  const all: Members = { 1: uint, 3: map, 4: bytes, 5: bytes, 6: bytes, 9: uint, 10: text };
  const some = Object.entries(all).map(([key, member]) => [
    key,
    keys.includes(Number(key)) ? needed(member) : member,
  ]);
  return { 2: needed(uint), ...(Object.fromEntries(some) as Members) };
};
const pinEntry = (
  name: keyof typeof clientPinSubCommand,
  keys: readonly number[],
  prepare: Entry['prepare'],
  outOfRange: Entry['outOfRange'] = [],
): Entry => ({
  name: `clientPIN ${name}`,
  code: ctapCommand.clientPin,
  sub: clientPinSubCommand[name],
  members: pinMembers(...keys),
  outOfRange: [...(keys.includes(1) ? protocols(1) : []), ...outOfRange],
  prepare,
});
const afterPin = async (
  { client }: Opened,
  make: (client: CtapClient) => Promise<PinRequest>,
): Promise<Prepared> => {
  await client.clientPin.setPin(pin);
  return { good: pinMap(await make(client)) };
};
const noPoint: Entry['outOfRange'] = [
  [3, new Map([[1, 2]]), 'INVALID_PARAMETER'],
  [
    3,
    cborMap([
      [1, 2],
      [3, -25],
      [-1, 1],
      [-2, new Uint8Array(32)],
      [-3, new Uint8Array(32)],
    ]),
    'INVALID_PARAMETER',
  ],
];
const permissions: Entry['outOfRange'] = [
  [9, 0, 'INVALID_PARAMETER'],
  [9, 0x41, 'UNAUTHORIZED_PERMISSION'],
];

const clientPin: readonly Entry[] = [
  pinEntry('getPinRetries', [], () => Promise.resolve({ good: cborMap([[2, 1]]) })),
  pinEntry('getUvRetries', [], () => Promise.resolve({ good: cborMap([[2, 7]]) })),
  pinEntry('getKeyAgreement', [1], () =>
    Promise.resolve({
      good: cborMap([
        [1, 2],
        [2, 2],
      ]),
    }),
  ),
  pinEntry('setPin', [1, 3, 4, 5], async ({ client }) => ({ good: pinMap(await setPinRequest(client)) }), [
    ...noPoint,
    ...params(4),
    [5, new Uint8Array(80), 'PIN_AUTH_INVALID'],
  ]),
  pinEntry('changePin', [1, 3, 4, 5, 6], (opened) => afterPin(opened, changePinRequest), [
    ...noPoint,
    ...params(4),
    [6, new Uint8Array(32), 'PIN_AUTH_INVALID'],
  ]),
  pinEntry('getPinToken', [1, 3, 6], (opened) => afterPin(opened, (client) => tokenRequest(client, 5)), [
    ...noPoint,
    [9, 3, 'INVALID_PARAMETER'],
    [10, site, 'INVALID_PARAMETER'],
  ]),
  pinEntry(
    'getPinUvAuthTokenUsingPinWithPermissions',
    [1, 3, 6, 9, 10],
    (opened) => afterPin(opened, (client) => tokenRequest(client, 9)),
    [...noPoint, ...permissions],
  ),
  pinEntry(
    'getPinUvAuthTokenUsingUvWithPermissions',
    [1, 3, 9, 10],
    async (opened) => {
      await enrolFinger(opened.client, await withPin(opened, bit.be));
      opened.key.user.questions.length = 0;
      return { good: pinMap(await tokenRequest(opened.client, 6)) };
    },
    [...noPoint, ...permissions, [9, bit.be, 'UNAUTHORIZED_PERMISSION']],
  ),
];

const managementKeys = { params: 2, protocol: 3, param: 4 } as const;
const managementMembers: Members = {
  1: needed(uint),
  2: map,
  3: needed(uint),
  4: needed(bytes, 'PUAT_REQUIRED'),
};

const managed = (
  code: number,
  name: keyof typeof credentialManagementSubCommand,
  given: Members,
  make: (id: Uint8Array) => CborMap | undefined,
  more: Pick<Entry, 'paramsOutOfRange'> = {},
): Entry => {
  const sub = credentialManagementSubCommand[name];
  const needsParams = Object.values(given).some(({ missing }) => missing !== undefined);
  return {
    name: `credentialManagement ${code.toString(16)} ${name}`,
    code,
    sub,
    members: { ...managementMembers, 2: needsParams ? needed(map) : map },
    params: { 1: bytes, 2: map, 3: map, ...given },
    paramsKey: 2,
    outOfRange: [...protocols(3), ...params(4)],
    ...more,
    prepare: async (opened) => {
      const made = await opened.client.makeCredential(resident(1));
      const token = await withPin(opened, bit.cm);
      opened.key.user.questions.length = 0;
      const build = signedCommand(token, [sub], managementKeys, [[1, sub]]);
      return { good: build(make(idOf(made))), build };
    },
  };
};
const stranger = encodeDescriptor(new Uint8Array(16));
const nobody = encodeUser({ id: Uint8Array.of(9), name: 'nobody' });

/** Going on with an enumeration takes no parameters and no authorisation; here nothing was begun. */
const continued = (code: number, name: keyof typeof credentialManagementSubCommand): Entry => ({
  name: `credentialManagement ${code.toString(16)} ${name}`,
  code,
  sub: credentialManagementSubCommand[name],
  members: { 1: needed(uint), 2: map, 3: uint, 4: bytes },
  status: 'NOT_ALLOWED',
  prepare: () => Promise.resolve({ good: cborMap([[1, credentialManagementSubCommand[name]]]) }),
});

const credentialManagement = [
  ctapCommand.credentialManagement,
  ctapCommand.credentialManagementPreview,
].flatMap((code): readonly Entry[] => [
  managed(code, 'getCredsMetadata', {}, () => undefined),
  managed(code, 'enumerateRpsBegin', {}, () => undefined),
  continued(code, 'enumerateRpsGetNextRp'),
  managed(code, 'enumerateCredentialsBegin', { 1: needed(bytes) }, () => cborMap([[1, siteHash]]), {
    paramsOutOfRange: [
      [1, new Uint8Array(31), 'NO_CREDENTIALS'],
      [1, new Uint8Array(), 'NO_CREDENTIALS'],
    ],
  }),
  continued(code, 'enumerateCredentialsGetNextCredential'),
  managed(code, 'deleteCredential', { 2: needed(map) }, (id) => cborMap([[2, encodeDescriptor(id)]]), {
    paramsOutOfRange: [
      [2, stranger, 'NO_CREDENTIALS'],
      [2, cborMap([['id', new Uint8Array(32)]]), 'CBOR_UNEXPECTED_TYPE'],
      [2, cborMap([['type', 'public-key']]), 'CBOR_UNEXPECTED_TYPE'],
    ],
  }),
  managed(
    code,
    'updateUserInformation',
    { 2: needed(map), 3: needed(map) },
    (id) =>
      cborMap([
        [2, encodeDescriptor(id)],
        [3, encodeUser({ id: Uint8Array.of(1), name: 'new' })],
      ]),
    {
      paramsOutOfRange: [
        [2, stranger, 'NO_CREDENTIALS'],
        [3, nobody, 'INVALID_PARAMETER'],
        [3, cborMap([['name', 'x']]), 'MISSING_PARAMETER'],
        [3, cborMap([['id', 'x']]), 'CBOR_UNEXPECTED_TYPE'],
      ],
    },
  ),
]);

const bioMembers: Members = {
  1: needed(uint),
  2: needed(uint),
  3: map,
  4: needed(uint),
  5: needed(bytes, 'PUAT_REQUIRED'),
  6: boolean,
};
const enrolled = (
  code: number,
  name: keyof typeof bioEnrollmentSubCommand,
  given: Members,
  make: (template: Uint8Array, pending: Uint8Array) => CborMap | undefined,
  more: Pick<Entry, 'paramsOutOfRange'> = {},
): Entry => {
  const sub = bioEnrollmentSubCommand[name];
  const needsParams = Object.values(given).some(({ missing }) => missing !== undefined);
  return {
    name: `bioEnrollment ${code.toString(16)} ${name}`,
    code,
    sub,
    members: { ...bioMembers, 3: needsParams ? needed(map) : map },
    params: { 1: bytes, 2: text, 3: uint, ...given },
    paramsKey: 3,
    outOfRange: [...protocols(4), ...params(5), [1, 2, 'INVALID_PARAMETER'], [1, huge, 'INVALID_PARAMETER']],
    ...more,
    prepare: async (opened) => {
      const token = await withPin(opened, bit.be);
      const template = await enrolFinger(opened.client, token);
      const { templateId } = await opened.client.bioEnrollment.enrollBegin(token);
      opened.key.user.questions.length = 0;
      const rest = [
        [1, 1],
        [2, sub],
      ] as const;
      const build = signedCommand(token, [1, sub], { params: 3, protocol: 4, param: 5 }, rest);
      return { good: build(make(template, templateId)), build };
    },
  };
};
/** What anybody may ask of a sensor. */
const openToAll = (code: number, name: keyof typeof bioEnrollmentSubCommand): Entry => ({
  name: `bioEnrollment ${code.toString(16)} ${name}`,
  code,
  sub: bioEnrollmentSubCommand[name],
  members: { 1: uint, 2: needed(uint), 3: map, 4: uint, 5: bytes, 6: boolean },
  prepare: () =>
    Promise.resolve({
      good: cborMap([
        [1, 1],
        [2, bioEnrollmentSubCommand[name]],
      ]),
    }),
});
const strangerTemplate = [1, Uint8Array.of(9, 9, 9), 'INVALID_OPTION'] as const;

const bioEnrollment = [ctapCommand.bioEnrollment, ctapCommand.bioEnrollmentPreview].flatMap(
  (code): readonly Entry[] => [
    {
      name: `bioEnrollment ${code.toString(16)} getModality`,
      code,
      members: { 1: uint, 2: uint, 3: map, 4: uint, 5: bytes, 6: needed(boolean) },
      outOfRange: [[6, false, 'MISSING_PARAMETER']],
      prepare: () => Promise.resolve({ good: cborMap([[6, true]]) }),
    },
    enrolled(code, 'enrollBegin', {}, () => undefined),
    enrolled(code, 'enrollCaptureNextSample', { 1: needed(bytes) }, (_template, id) => cborMap([[1, id]]), {
      paramsOutOfRange: [strangerTemplate],
    }),
    openToAll(code, 'cancelCurrentEnrollment'),
    enrolled(code, 'enumerateEnrollments', {}, () => undefined),
    enrolled(
      code,
      'setFriendlyName',
      { 1: needed(bytes), 2: needed(text) },
      (id) =>
        cborMap(
          new Map<number, CborValue>([
            [1, id],
            [2, 'thumb'],
          ]),
        ),
      { paramsOutOfRange: [strangerTemplate, [2, 'x'.repeat(17), 'INVALID_LENGTH']] },
    ),
    enrolled(code, 'removeEnrollment', { 1: needed(bytes) }, (id) => cborMap([[1, id]]), {
      paramsOutOfRange: [strangerTemplate],
    }),
    openToAll(code, 'getFingerprintSensorInfo'),
  ],
);

const configured = (
  name: keyof typeof configSubCommand,
  given: Members = {},
  make: () => CborMap | undefined = () => undefined,
  paramsOutOfRange: Entry['paramsOutOfRange'] = [],
): Entry => {
  const sub = configSubCommand[name];
  const needsParams = Object.values(given).some(({ missing }) => missing !== undefined);
  return {
    name: `config ${name}`,
    code: ctapCommand.config,
    sub,
    members: {
      1: needed(uint),
      2: needsParams ? needed(map) : map,
      3: needed(uint),
      4: needed(bytes, 'PUAT_REQUIRED'),
    },
    params: given,
    paramsKey: 2,
    outOfRange: [...protocols(3), ...params(4)],
    paramsOutOfRange,
    prepare: async (opened) => {
      const token = await withPin(opened, bit.acfg);
      const prefix = [...new Uint8Array(32).fill(0xff), ctapCommand.config, sub];
      const build = signedCommand(token, prefix, managementKeys, [[1, sub]]);
      return { good: build(make()), build };
    },
  };
};
const config: readonly Entry[] = [
  configured('enableEnterpriseAttestation'),
  configured('toggleAlwaysUv'),
  configured('enableLongTouchForReset'),
  configured('setMinPinLength', { 1: uint, 2: array, 3: boolean, 4: boolean }, () => cborMap([[1, 4]]), [
    [1, 0, 'PIN_POLICY_VIOLATION'],
    [1, 3, 'PIN_POLICY_VIOLATION'],
    [1, 64, 'PIN_POLICY_VIOLATION'],
    [1, huge, 'PIN_POLICY_VIOLATION'],
    [2, ['a', 'b', 'c'], 'KEY_STORE_FULL'],
    [2, ['a', 1], 'CBOR_UNEXPECTED_TYPE'],
  ]),
  configured('vendorPrototype', { 1: needed(uint) }, () => cborMap([[1, 0x42]]), [
    [1, 0, 'INVALID_PARAMETER'],
    [1, huge, 'INVALID_PARAMETER'],
  ]),
];

const blob = concatBytes(Uint8Array.of(0x80), provider.sha256(Uint8Array.of(0x80)).subarray(0, 16));
const largeBlobs: readonly Entry[] = [
  {
    name: 'largeBlobs get',
    code: ctapCommand.largeBlobs,
    members: {
      1: needed(uint, 'INVALID_PARAMETER'),
      2: bytes,
      3: needed(uint, 'INVALID_PARAMETER'),
      4: uint,
      5: bytes,
      6: uint,
    },
    outOfRange: [
      [1, 7609, 'INVALID_LENGTH'],
      [1, huge, 'INVALID_LENGTH'],
      [2, blob, 'INVALID_PARAMETER'],
      [3, 18, 'INVALID_PARAMETER'],
      [3, huge, 'INVALID_PARAMETER'],
      [4, 17, 'INVALID_PARAMETER'],
      [5, blob, 'INVALID_PARAMETER'],
      [6, 2, 'INVALID_PARAMETER'],
    ],
    prepare: () =>
      Promise.resolve({
        good: cborMap([
          [1, 17],
          [3, 0],
        ]),
      }),
  },
  {
    name: 'largeBlobs set',
    code: ctapCommand.largeBlobs,
    members: {
      1: uint,
      2: needed(bytes, 'INVALID_PARAMETER'),
      3: needed(uint, 'INVALID_PARAMETER'),
      4: needed(uint, 'INVALID_PARAMETER'),
      5: needed(bytes, 'PUAT_REQUIRED'),
      6: needed(uint),
    },
    outOfRange: [
      ...protocols(6),
      ...params(5),
      [1, 17, 'INVALID_PARAMETER'],
      [2, new Uint8Array(1025), 'INVALID_LENGTH'],
      [2, new Uint8Array(18), 'PIN_AUTH_INVALID'],
      [3, 1, 'INVALID_PARAMETER'],
      [4, 16, 'INVALID_PARAMETER'],
      [4, 0, 'INVALID_PARAMETER'],
      [4, 2049, 'LARGE_BLOB_STORAGE_FULL'],
      [4, huge, 'LARGE_BLOB_STORAGE_FULL'],
    ],
    prepare: async (opened) => {
      const token = await withPin(opened, bit.lbw);
      const prefix = [...new Uint8Array(32).fill(0xff), ctapCommand.largeBlobs, 0, 0, 0, 0, 0];
      const signed = token.authenticate(concatBytes(Uint8Array.from(prefix), provider.sha256(blob)));
      return {
        good: cborMap(
          new Map<number, CborValue>([
            [2, blob],
            [3, 0],
            [4, blob.length],
            [5, signed],
            [6, 2],
          ]),
        ),
      };
    },
  },
];

const entity = (...members: readonly (readonly [string, CborValue])[]): CborMap => new Map(members);
const ceremonies: readonly Entry[] = [
  {
    name: 'makeCredential',
    code: ctapCommand.makeCredential,
    members: {
      1: needed(bytes),
      2: needed(map),
      3: needed(map),
      4: needed(array),
      5: array,
      6: map,
      7: map,
      8: bytes,
      9: needed(uint),
      10: uint,
      11: array,
    },
    outOfRange: [
      ...protocols(9),
      ...params(8).filter(([, value]) => value.length > 0),
      [1, new Uint8Array(31), 'INVALID_LENGTH'],
      [1, new Uint8Array(33), 'INVALID_LENGTH'],
      [2, entity(['id', '']), 'INVALID_LENGTH'],
      [2, entity(['name', 'x']), 'MISSING_PARAMETER'],
      [3, entity(['id', new Uint8Array()]), 'INVALID_PARAMETER'],
      [3, entity(['id', new Uint8Array(65)]), 'INVALID_PARAMETER'],
      [4, [], 'UNSUPPORTED_ALGORITHM'],
      [4, [entity(['alg', -7], ['type', 'password'])], 'UNSUPPORTED_ALGORITHM'],
      [4, [entity(['alg', -7])], 'CBOR_UNEXPECTED_TYPE'],
      [5, [entity(['id', new Uint8Array(16)])], 'CBOR_UNEXPECTED_TYPE'],
      [7, entity(['up', false]), 'INVALID_OPTION'],
      [7, entity(['rk', 1]), 'CBOR_UNEXPECTED_TYPE'],
      [10, 0, 'INVALID_PARAMETER'],
      [10, 3, 'INVALID_PARAMETER'],
      [11, [1], 'CBOR_UNEXPECTED_TYPE'],
    ],
    prepare: async (opened) => ({
      good: encodeMakeCredential(
        registration({
          pinUvAuthToken: await withPin(opened, bit.mc | bit.ga),
          excludeList: publicKeyDescriptors(new Uint8Array(16)),
          extensions: { credProtect: 2 },
          options: { rk: true },
          attestationFormatsPreference: ['packed'],
        }),
      ),
    }),
  },
  {
    name: 'getAssertion',
    code: ctapCommand.getAssertion,
    members: { 1: needed(text), 2: needed(bytes), 3: array, 4: map, 5: map, 6: bytes, 7: needed(uint) },
    outOfRange: [
      ...protocols(7),
      ...params(6).filter(([, value]) => value.length > 0),
      [1, '', 'INVALID_LENGTH'],
      [2, new Uint8Array(31), 'INVALID_LENGTH'],
      [3, [entity(['type', 'public-key'])], 'CBOR_UNEXPECTED_TYPE'],
      [3, [stranger], 'NO_CREDENTIALS'],
      [5, entity(['rk', true]), 'UNSUPPORTED_OPTION'],
      [5, entity(['uv', 1]), 'CBOR_UNEXPECTED_TYPE'],
    ],
    prepare: async (opened) => {
      await opened.client.makeCredential(resident(1));
      const pinUvAuthToken = await withPin(opened, bit.ga);
      opened.key.user.questions.length = 0;
      const clientDataHash = new Uint8Array(32);
      return { good: encodeGetAssertion({ rpId: site, clientDataHash, pinUvAuthToken }) };
    },
  },
];

/** A good request of every command with parameters, and of every subcommand. */
export const requestEntries: readonly Entry[] = [
  ...ceremonies,
  ...clientPin,
  ...credentialManagement,
  ...bioEnrollment,
  ...config,
  ...largeBlobs,
];
