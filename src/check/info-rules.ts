import type { GetInfoResponse } from '../ctap/messages/get-info.ts';

type Rule = (info: GetInfoResponse) => boolean;

const option = (name: string) => (info: GetInfoResponse) => info.options?.get(name);
const has = (name: string) => (info: GetInfoResponse) => info.options?.has(name) === true;
const isOn = (name: string) => (info: GetInfoResponse) => info.options?.get(name) === true;
const extension = (name: string) => (info: GetInfoResponse) => info.extensions?.includes(name) === true;
const member = (name: keyof GetInfoResponse) => (info: GetInfoResponse) => info[name] !== undefined;
const sets = (subCommand: number) => (info: GetInfoResponse) =>
  info.authenticatorConfigCommands?.includes(subCommand) === true;
const implies =
  (condition: Rule, ...consequences: readonly Rule[]): Rule =>
  (info) =>
    !condition(info) || consequences.every((holds) => holds(info));
const exactly =
  (one: Rule, other: Rule): Rule =>
  (info) =>
    one(info) === other(info);
const within = (value: number | undefined, least: number, most = Infinity): boolean =>
  value === undefined || (value >= least && value <= most);
const listed = (list: readonly unknown[] | undefined): boolean =>
  list === undefined || (list.length > 0 && new Set(list).size === list.length);
const isLater: Rule = ({ versions }) => versions.some((version) => /^FIDO_2_[13]$/.test(version));
const verifies: Rule = (info) => has('clientPin')(info) || has('uv')(info);

export interface InfoRule {
  readonly id: string;
  readonly section: string;
  /** A sentence without its full stop. */
  readonly title: string;
  readonly holds: Rule;
}

const rule = (id: string, section: string, title: string, holds: Rule): InfoRule => ({
  id,
  section,
  title,
  holds,
});

/** What getInfo may say together (CTAP 2.3 §6.4, §9), each from the standard's own words. */
export const infoRules: readonly InfoRule[] = [
  rule(
    'versions',
    '§6.4',
    'Versions are known ones, and each stands once',
    ({ versions }) =>
      listed(versions) && versions.every((version) => /^(U2F_V2|FIDO_2_(0|1_PRE|1|2|3))$/.test(version)),
  ),
  rule('aaguid', '§6.4', 'The AAGUID has 16 bytes', ({ aaguid }) => aaguid.length === 16),
  rule('max-msg-size', '§6.4', 'maxMsgSize is at least 1024', ({ maxMsgSize }) => within(maxMsgSize, 1024)),
  rule('lists', '§6.4', 'Lists are neither empty nor do they repeat anything', (info) =>
    [
      info.pinUvAuthProtocols,
      info.transports,
      info.algorithms,
      info.attestationFormats,
      info.transportsForReset,
      info.extensions,
    ].every(listed),
  ),
  rule(
    'protocols-known',
    '§6.4',
    'PIN/UV auth protocols are 1 and 2',
    ({ pinUvAuthProtocols }) =>
      pinUvAuthProtocols === undefined ||
      pinUvAuthProtocols.every((version) => version === 1 || version === 2),
  ),
  rule(
    'protocols',
    '§6.4',
    'A key with a PIN or tokens names its PIN/UV auth protocols',
    implies(
      (info) => has('clientPin')(info) || isOn('pinUvAuthToken')(info) || info.forcePinChange === true,
      member('pinUvAuthProtocols'),
    ),
  ),
  rule(
    'min-pin-length',
    '§6.4',
    'minPINLength stands with clientPin, and only with it',
    (info) => !isLater(info) || exactly(member('minPinLength'), has('clientPin'))(info),
  ),
  rule('min-pin-length-range', '§6.4', 'minPINLength is 4 to 63', ({ minPinLength }) =>
    within(minPinLength, 4, 63),
  ),
  rule(
    'max-pin-length',
    '§6.4',
    'maxPINLength is 8 to 63 and needs clientPin',
    (info) => within(info.maxPinLength, 8, 63) && implies(member('maxPinLength'), has('clientPin'))(info),
  ),
  rule(
    'pin-complexity',
    '§6.4',
    'The PIN complexity policy needs clientPin, and its URL needs the policy',
    (info) =>
      implies(member('pinComplexityPolicy'), has('clientPin'))(info) &&
      implies(member('pinComplexityPolicyUrl'), member('pinComplexityPolicy'))(info),
  ),
  rule(
    'no-mc-ga',
    '§6.4',
    'noMcGaPermissionsWithClientPin needs clientPin',
    implies(has('noMcGaPermissionsWithClientPin'), has('clientPin')),
  ),
  rule(
    'uv-modality',
    '§6.4',
    'uvModality needs built-in user verification',
    implies(member('uvModality'), has('uv')),
  ),
  rule(
    'bio-uv',
    '§6.4',
    'bioEnroll and uv say the same',
    implies(has('bioEnroll'), (info) => option('bioEnroll')(info) === option('uv')(info)),
  ),
  rule('uv-bio', '§6.4', 'uvBioEnroll needs bioEnroll', implies(has('uvBioEnroll'), has('bioEnroll'))),
  rule('uv-config', '§6.4', 'uvAcfg needs authnrCfg', implies(has('uvAcfg'), has('authnrCfg'))),
  rule(
    'always-uv',
    '§6.4',
    'alwaysUv excludes makeCredUvNotRqd and U2F',
    implies(isOn('alwaysUv'), (info) => !isOn('makeCredUvNotRqd')(info) && !info.versions.includes('U2F_V2')),
  ),
  rule(
    'large-blobs',
    '§6.4',
    'largeBlobs and maxSerializedLargeBlobArray stand together',
    exactly(has('largeBlobs'), member('maxSerializedLargeBlobArray')),
  ),
  rule('large-blobs-size', '§6.4', 'maxSerializedLargeBlobArray is at least 1024', (info) =>
    within(info.maxSerializedLargeBlobArray, 1024),
  ),
  rule(
    'large-blobs-rk',
    '§6.4',
    'largeBlobs needs discoverable credentials',
    implies(has('largeBlobs'), isOn('rk')),
  ),
  rule(
    'large-blob-key',
    '§12.3',
    'largeBlobKey needs largeBlobs',
    implies(extension('largeBlobKey'), isOn('largeBlobs')),
  ),
  rule(
    'large-blob',
    '§12.4',
    'The extension largeBlob excludes largeBlobKey and largeBlobs',
    implies(extension('largeBlob'), (info) => !extension('largeBlobKey')(info) && !has('largeBlobs')(info)),
  ),
  rule(
    'cred-blob',
    '§12.2',
    'credBlob and maxCredBlobLength stand together; it is at least 32',
    (info) =>
      exactly(extension('credBlob'), member('maxCredBlobLength'))(info) && within(info.maxCredBlobLength, 32),
  ),
  rule(
    'cred-blob-protect',
    '§12.2',
    'credBlob needs credProtect',
    implies(extension('credBlob'), extension('credProtect')),
  ),
  rule(
    'hmac-secret-mc',
    '§12.8',
    'hmac-secret-mc needs hmac-secret',
    implies(extension('hmac-secret-mc'), extension('hmac-secret')),
  ),
  rule(
    'set-min-pin',
    '§6.11.4',
    'setMinPINLength needs clientPin and authnrCfg',
    implies(isOn('setMinPINLength'), has('clientPin'), isOn('authnrCfg')),
  ),
  rule(
    'min-pin-extension',
    '§12.5',
    'The extension minPinLength needs setMinPINLength',
    implies(extension('minPinLength'), has('setMinPINLength')),
  ),
  rule(
    'config-commands',
    '§6.4',
    'authenticatorConfigCommands needs authnrCfg',
    implies(member('authenticatorConfigCommands'), has('authnrCfg')),
  ),
  rule(
    'config-vendor',
    '§6.4',
    'vendorPrototypeConfigCommands needs authnrCfg',
    implies(member('vendorPrototypeConfigCommands'), has('authnrCfg')),
  ),
  rule(
    'config-always-uv',
    '§6.11.2',
    'A key that toggles alwaysUv has that option',
    implies(sets(2), has('alwaysUv')),
  ),
  rule(
    'config-long-touch',
    '§6.11.5',
    'A key that can want a long touch says whether it does',
    implies(sets(4), member('longTouchForReset')),
  ),
  rule(
    'attestation-formats',
    '§6.4',
    'attestationFormats does not name none',
    (info) => info.attestationFormats?.includes('none') !== true,
  ),
  rule('enc-identifier', '§6.4', 'encIdentifier and encCredStoreState have 32 bytes', (info) =>
    [info.encIdentifier, info.encCredStoreState].every((bytes) => bytes === undefined || bytes.length === 32),
  ),
  rule(
    'algorithms',
    '§6.4',
    'A key of CTAP 2.1 or later that names its algorithms names ES256 or a stronger one',
    (info) => info.algorithms === undefined || info.algorithms.length > 0,
  ),
  rule(
    'rk-verification',
    '§9',
    'Discoverable credentials need a way to verify the user, and credential management',
    implies((info) => isLater(info) && isOn('rk')(info), verifies, isOn('credMgmt')),
  ),
  rule(
    'hmac-secret',
    '§9',
    'A key of CTAP 2.1 or later with discoverable credentials knows hmac-secret',
    implies((info) => isLater(info) && isOn('rk')(info), extension('hmac-secret')),
  ),
  rule(
    'verification',
    '§9',
    'A key of CTAP 2.1 or later that verifies users gives tokens and knows credProtect',
    implies((info) => isLater(info) && verifies(info), isOn('pinUvAuthToken'), extension('credProtect')),
  ),
  rule(
    'protocol-two',
    '§9',
    'A key of CTAP 2.1 or later knows PIN/UV auth protocol two',
    (info) => !isLater(info) || info.pinUvAuthProtocols === undefined || info.pinUvAuthProtocols.includes(2),
  ),
];
