import type { GetInfoResponse } from '../../src/ctap/messages/get-info.ts';

type Check = (info: GetInfoResponse) => boolean;

const option = (name: string) => (info: GetInfoResponse) => info.options?.get(name);
const has = (name: string) => (info: GetInfoResponse) => info.options?.has(name) === true;
const extension = (name: string) => (info: GetInfoResponse) => info.extensions?.includes(name) === true;
const sets = (subCommand: number) => (info: GetInfoResponse) =>
  info.authenticatorConfigCommands?.includes(subCommand) === true;
const implies =
  (condition: Check, consequence: Check): Check =>
  (info) =>
    !condition(info) || consequence(info);
const exactly =
  (one: Check, other: Check): Check =>
  (info) =>
    one(info) === other(info);
const within = (value: number | undefined, least: number, most = Infinity): boolean =>
  value === undefined || (value >= least && value <= most);
const listed = (list: readonly unknown[] | undefined): boolean =>
  list === undefined || (list.length > 0 && new Set(list).size === list.length);
const later = (info: GetInfoResponse) => info.versions.some((version) => /^FIDO_2_[13]$/.test(version));

/** The rules of CTAP 2.3 §6.4 and §9 for what getInfo says, written from the standard alone. */
export const infoRules: Readonly<Record<string, Check>> = {
  'versions are known and stand once': ({ versions }) =>
    listed(versions) && versions.every((version) => /^(U2F_V2|FIDO_2_[013])$/.test(version)),
  'credBlob needs credProtect': implies(extension('credBlob'), extension('credProtect')),
  'credBlob and 0F': exactly(extension('credBlob'), (info) => info.maxCredBlobLength !== undefined),
  '0F is at least 32': (info) => within(info.maxCredBlobLength, 32),
  'largeBlobKey needs largeBlobs': implies(extension('largeBlobKey'), has('largeBlobs')),
  'largeBlobs and 0B': exactly(has('largeBlobs'), (info) => info.maxSerializedLargeBlobArray !== undefined),
  '0B is at least 1024': (info) => within(info.maxSerializedLargeBlobArray, 1024),
  'largeBlobs needs rk': implies(has('largeBlobs'), (info) => option('rk')(info) === true),
  'largeBlob excludes the array': implies(
    extension('largeBlob'),
    (info) => !extension('largeBlobKey')(info) && !has('largeBlobs')(info),
  ),
  'hmac-secret-mc needs hmac-secret': implies(extension('hmac-secret-mc'), extension('hmac-secret')),
  'setMinPINLength needs clientPin, minPinLength, 10 and 03': implies(
    has('setMinPINLength'),
    (info) =>
      has('clientPin')(info) &&
      extension('minPinLength')(info) &&
      info.maxRpIdsForSetMinPinLength !== undefined &&
      sets(3)(info),
  ),
  'minPinLength needs setMinPINLength': implies(extension('minPinLength'), has('setMinPINLength')),
  '0D and clientPin': exactly((info) => info.minPinLength !== undefined, has('clientPin')),
  '0D is at least 4': (info) => within(info.minPinLength, 4),
  '1D needs clientPin': implies((info) => info.maxPinLength !== undefined, has('clientPin')),
  '1D is 8 to 63': (info) => within(info.maxPinLength, 8, 63),
  '1B needs clientPin': implies((info) => info.pinComplexityPolicy !== undefined, has('clientPin')),
  '1C needs 1B': implies(
    (info) => info.pinComplexityPolicyUrl !== undefined,
    (info) => info.pinComplexityPolicy !== undefined,
  ),
  'noMcGa needs clientPin': implies(has('noMcGaPermissionsWithClientPin'), has('clientPin')),
  'uvBioEnroll needs bioEnroll': implies(has('uvBioEnroll'), has('bioEnroll')),
  'uvAcfg needs authnrCfg': implies(has('uvAcfg'), has('authnrCfg')),
  'bioEnroll and uv move together': implies(
    has('bioEnroll'),
    (info) => option('bioEnroll')(info) === option('uv')(info),
  ),
  'alwaysUv excludes makeCredUvNotRqd': implies(
    (info) => option('alwaysUv')(info) === true,
    (info) => option('makeCredUvNotRqd')(info) !== true && !info.versions.includes('U2F_V2'),
  ),
  '1F and authnrCfg': exactly((info) => info.authenticatorConfigCommands !== undefined, has('authnrCfg')),
  '15 and FF': exactly((info) => info.vendorPrototypeConfigCommands !== undefined, sets(0xff)),
  '04 needs 18': implies(sets(4), (info) => info.longTouchForReset !== undefined),
  '02 needs alwaysUv': implies(sets(2), has('alwaysUv')),
  'ep needs 01': implies(has('ep'), sets(1)),
  'a forced change, tokens and PINs need protocols': implies(
    (info) => info.forcePinChange === true || has('pinUvAuthToken')(info) || has('clientPin')(info),
    (info) => info.pinUvAuthProtocols !== undefined,
  ),
  'lists are not empty and repeat nothing': (info) =>
    [info.pinUvAuthProtocols, info.transports, info.algorithms, info.attestationFormats].every(listed) &&
    [info.transportsForReset, info.extensions].every(listed),
  '16 never has none': (info) => info.attestationFormats?.includes('none') !== true,
  '19 and 1E are 32 bytes': (info) =>
    [info.encIdentifier, info.encCredStoreState].every((bytes) => bytes === undefined || bytes.length === 32),
  'uv and 12': exactly(has('uv'), (info) => info.uvModality !== undefined),
  '§9: hmac-secret': implies(later, extension('hmac-secret')),
  '§9: rk needs a way to verify and credMgmt': implies(
    (info) => later(info) && option('rk')(info) === true,
    (info) => (has('clientPin')(info) || has('uv')(info)) && option('credMgmt')(info) === true,
  ),
  '§9: verification needs credProtect and tokens': implies(
    (info) => later(info) && (has('clientPin')(info) || has('uv')(info)),
    (info) => extension('credProtect')(info) && option('pinUvAuthToken')(info) === true,
  ),
  '§9: protocol two': (info) =>
    !later(info) || info.pinUvAuthProtocols === undefined || info.pinUvAuthProtocols.includes(2),
};

/** Names of the rules that an answer breaks. */
export function brokenInfoRules(info: GetInfoResponse): readonly string[] {
  return Object.entries(infoRules).flatMap(([name, holds]) => (holds(info) ? [] : [name]));
}
