import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

/**
 * FIDO Metadata Statement 3.1 and the registry of predefined values, written from the standards alone: what a statement
 * has to be, whoever made it.
 */
type Statement = Readonly<Record<string, unknown>>;
type Rule = (statement: Statement) => boolean;

const authenticationAlgorithms = [
  'secp256r1_ecdsa_sha256_raw',
  'secp256r1_ecdsa_sha256_der',
  'rsassa_pss_sha256_raw',
  'rsassa_pss_sha256_der',
  'secp256k1_ecdsa_sha256_raw',
  'secp256k1_ecdsa_sha256_der',
  'sm2_sm3_raw',
  'rsa_emsa_pkcs1_sha256_raw',
  'rsa_emsa_pkcs1_sha256_der',
  'rsassa_pss_sha384_raw',
  'rsassa_pss_sha512_raw',
  'rsassa_pkcsv15_sha256_raw',
  'rsassa_pkcsv15_sha384_raw',
  'rsassa_pkcsv15_sha512_raw',
  'rsassa_pkcsv15_sha1_raw',
  'secp384r1_ecdsa_sha384_raw',
  'secp521r1_ecdsa_sha512_raw',
  'ed25519_eddsa_sha512_raw',
  'ed448_eddsa_sha512_raw',
];
const verificationMethods = [
  'presence_internal',
  'fingerprint_internal',
  'passcode_internal',
  'voiceprint_internal',
  'faceprint_internal',
  'location_internal',
  'eyeprint_internal',
  'pattern_internal',
  'handprint_internal',
  'passcode_external',
  'pattern_external',
  'none',
  'all',
];
const keyProtections = ['software', 'hardware', 'tee', 'secure_element', 'remote_handle'];
const attachments = [
  'internal',
  'external',
  'wired',
  'wireless',
  'nfc',
  'bluetooth',
  'network',
  'ready',
  'wifi_direct',
];
const displays = ['any', 'privileged_software', 'tee', 'hardware', 'remote'];
const attestationTypes = ['basic_full', 'basic_surrogate', 'ecdaa', 'attca', 'anonca', 'none'];
/** Names of members of authenticatorGetInfo (CTAP 2.3 §6.4), as metadata has them. */
const infoMembers = [
  'versions extensions aaguid options maxMsgSize pinUvAuthProtocols maxCredentialCountInList maxCredentialIdLength',
  'transports algorithms maxSerializedLargeBlobArray forcePINChange minPINLength firmwareVersion maxCredBlobLength',
  'maxRPIDsForSetMinPINLength preferredPlatformUvAttempts uvModality certifications remainingDiscoverableCredentials',
  'vendorPrototypeConfigCommands attestationFormats uvCountSinceLastPinEntry longTouchForReset encIdentifier',
  'transportsForReset pinComplexityPolicy pinComplexityPolicyURL maxPINLength encCredStoreState',
  'authenticatorConfigCommands',
].flatMap((line) => line.split(' '));
/** COSE identifiers that the names above stand for. */
const coseNames: Readonly<Record<number, string>> = {
  [-7]: 'secp256r1_ecdsa_sha256_raw',
  [-9]: 'secp256r1_ecdsa_sha256_raw',
  [-8]: 'ed25519_eddsa_sha512_raw',
  [-19]: 'ed25519_eddsa_sha512_raw',
  [-53]: 'ed448_eddsa_sha512_raw',
  [-257]: 'rsassa_pkcsv15_sha256_raw',
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Statement =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isUint = (value: unknown, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const chosen =
  (member: string, names: readonly string[], least = 1): Rule =>
  (statement) => {
    const values = statement[member];
    return (
      Array.isArray(values) &&
      values.length >= least &&
      new Set(values).size === values.length &&
      values.every((value) => isText(value) && names.includes(value))
    );
  };
const optional =
  (member: string, test: (value: unknown) => boolean): Rule =>
  (statement) =>
    !(member in statement) || test(statement[member]);
const info = (statement: Statement): Statement =>
  isObject(statement['authenticatorGetInfo']) ? statement['authenticatorGetInfo'] : {};
const options = (statement: Statement): Statement => {
  const found = info(statement)['options'];
  return isObject(found) ? found : {};
};
const has = (statement: Statement, member: string, value: string): boolean =>
  list(statement[member]).includes(value);
const isFido2 = (statement: Statement): boolean => statement['protocolFamily'] === 'fido2';
/** Of FIDO2 keys; true for all others. */
const ofFido2 =
  (rule: Rule): Rule =>
  (statement) =>
    !isFido2(statement) || rule(statement);

const ways = (statement: Statement): readonly Statement[] =>
  list(statement['userVerificationDetails']).flatMap((together) => list(together).filter(isObject));
const way = (statement: Statement, method: string): Statement | undefined =>
  ways(statement).find((found) => found['userVerificationMethod'] === method);

function isCertificate(value: unknown): boolean {
  if (!isText(value) || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return false;
  try {
    return new X509Certificate(Buffer.from(value, 'base64')).subject.length > 0;
  } catch {
    return false;
  }
}

/** What describes how hard a way to verify is to guess, if it is described. */
function isAccurate({ baDesc, caDesc, paDesc }: Statement): boolean {
  const limits = (value: unknown): boolean =>
    value === undefined ||
    (isObject(value) &&
      ['maxRetries', 'blockSlowdown'].every((name) => !(name in value) || isUint(value[name], 0xffff)));
  const code =
    caDesc === undefined ||
    (isObject(caDesc) &&
      isUint(caDesc['base'], 0xffff) &&
      Number(caDesc['base']) >= 10 &&
      isUint(caDesc['minLength'], 0xffff));
  const biometric =
    baDesc === undefined ||
    (isObject(baDesc) && (!('maxTemplates' in baDesc) || isUint(baDesc['maxTemplates'], 0xffff)));
  const pattern = paDesc === undefined || (isObject(paDesc) && isUint(paDesc['minComplexity'], 0xffff_ffff));
  return code && biometric && pattern && [caDesc, baDesc, paDesc].every(limits);
}

function isVerification(together: unknown): boolean {
  return (
    Array.isArray(together) &&
    together.length > 0 &&
    together.every(
      (found) =>
        isObject(found) &&
        isText(found['userVerificationMethod']) &&
        verificationMethods.includes(found['userVerificationMethod']) &&
        isAccurate(found),
    )
  );
}

/** The minor numbers of FIDO2's versions, major 1. */
const minors: Readonly<Record<string, number>> = { FIDO_2_0: 0, FIDO_2_1: 1, FIDO_2_2: 2, FIDO_2_3: 3 };

function versionsAgree(statement: Statement): boolean {
  const announced = list(info(statement)['versions']).flatMap((version) => minors[version as string] ?? []);
  const said = list(statement['upv']).filter(isObject);
  return (
    said.every(({ major }) => major === 1) &&
    JSON.stringify(announced.toSorted()) === JSON.stringify(said.map(({ minor }) => minor).toSorted())
  );
}

function algorithmsAgree(statement: Statement): boolean {
  const said = list(info(statement)['algorithms']).filter(isObject);
  return (
    said.length > 0 &&
    said.every(({ alg, type }) => {
      const name = coseNames[alg as number];
      return (
        type === 'public-key' && (name === undefined || has(statement, 'authenticationAlgorithms', name))
      );
    })
  );
}

/** Names of rules, and the rules. */
export const metadataRules: Readonly<Record<string, Rule>> = {
  'legalHeader is text': ({ legalHeader }) => isText(legalHeader) && legalHeader.length > 0,
  'description has 1 to 200 characters': ({ description }) =>
    isText(description) && description.length > 0 && description.length <= 200,
  'authenticatorVersion is 32 bits': ({ authenticatorVersion }) => isUint(authenticatorVersion, 0xffff_ffff),
  'protocolFamily is known': ({ protocolFamily }) =>
    ['uaf', 'u2f', 'fido2'].includes(protocolFamily as string),
  'schema is 3': ({ schema }) => schema === 3,
  'upv has versions': ({ upv }) =>
    Array.isArray(upv) &&
    upv.length > 0 &&
    upv.every(
      (version) => isObject(version) && isUint(version['major'], 0xffff) && isUint(version['minor'], 0xffff),
    ),
  'authenticationAlgorithms are known': chosen('authenticationAlgorithms', authenticationAlgorithms),
  'publicKeyAlgAndEncodings are known': chosen('publicKeyAlgAndEncodings', [
    'ecc_x962_raw',
    'ecc_x962_der',
    'rsa_2048_raw',
    'rsa_2048_der',
    'cose',
  ]),
  'FIDO2 keys are COSE keys': ofFido2((statement) => has(statement, 'publicKeyAlgAndEncodings', 'cose')),
  'attestationTypes are known': chosen('attestationTypes', attestationTypes),
  'userVerificationDetails are alternatives': ({ userVerificationDetails }) =>
    Array.isArray(userVerificationDetails) &&
    userVerificationDetails.length > 0 &&
    userVerificationDetails.every(isVerification),
  'keyProtection is known': chosen('keyProtection', keyProtections),
  'keyProtection is software or hardware': (statement) =>
    has(statement, 'keyProtection', 'software') !== has(statement, 'keyProtection', 'hardware'),
  'matcherProtection is one': (statement) =>
    chosen('matcherProtection', ['software', 'tee', 'on_chip'])(statement) &&
    list(statement['matcherProtection']).length === 1,
  'isKeyRestricted is a boolean': optional('isKeyRestricted', (value) => typeof value === 'boolean'),
  'isFreshUserVerificationRequired is a boolean': optional(
    'isFreshUserVerificationRequired',
    (value) => typeof value === 'boolean',
  ),
  'cryptoStrength is 16 bits': optional('cryptoStrength', (value) => isUint(value, 0xffff) && value !== 0),
  'attachmentHint is known': chosen('attachmentHint', attachments),
  'attachmentHint is internal or external': (statement) =>
    has(statement, 'attachmentHint', 'internal') !== has(statement, 'attachmentHint', 'external'),
  'what is external is wired or wireless': (statement) =>
    !has(statement, 'attachmentHint', 'external') ||
    has(statement, 'attachmentHint', 'wired') ||
    has(statement, 'attachmentHint', 'wireless'),
  'tcDisplay is known': chosen('tcDisplay', displays, 0),
  'roots are certificates': ({ attestationRootCertificates }) =>
    Array.isArray(attestationRootCertificates) && attestationRootCertificates.every(isCertificate),
  'attestation by certificates has roots, and only that': (statement) =>
    list(statement['attestationRootCertificates']).length > 0 ===
    ['basic_full', 'attca', 'anonca'].some((type) => has(statement, 'attestationTypes', type)),
  'FIDO2 goes by AAGUID alone': (statement) =>
    isFido2(statement) ===
    (isText(statement['aaguid']) &&
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(statement['aaguid']) &&
      !('aaid' in statement) &&
      !('attestationCertificateKeyIdentifiers' in statement)),
  'U2F goes by certificates alone': (statement) =>
    (statement['protocolFamily'] === 'u2f') ===
    (list(statement['attestationCertificateKeyIdentifiers']).length > 0 &&
      !('aaguid' in statement) &&
      list(statement['attestationCertificateKeyIdentifiers']).every(
        (value) => isText(value) && /^[0-9a-f]{40}$/.test(value),
      )),
  'authenticatorGetInfo is for FIDO2': (statement) =>
    isFido2(statement) === 'authenticatorGetInfo' in statement,
  'authenticatorGetInfo has known members': (statement) =>
    Object.keys(info(statement)).every((name) => infoMembers.includes(name)),
  'authenticatorGetInfo has no individual members': (statement) =>
    ['encIdentifier', 'encCredStoreState'].every((name) => !(name in info(statement))),
  'AAGUIDs agree': ofFido2(
    (statement) =>
      isText(statement['aaguid']) && info(statement)['aaguid'] === statement['aaguid'].replaceAll('-', ''),
  ),
  'versions agree': ofFido2(versionsAgree),
  'algorithms agree': ofFido2(algorithmsAgree),
  'firmware versions agree': ofFido2(
    (statement) =>
      !('firmwareVersion' in info(statement)) ||
      info(statement)['firmwareVersion'] === statement['authenticatorVersion'],
  ),
  'client PIN and passcode_external': ofFido2(
    (statement) => 'clientPin' in options(statement) === (way(statement, 'passcode_external') !== undefined),
  ),
  'minPINLength agrees': ofFido2((statement) => {
    const described = way(statement, 'passcode_external')?.['caDesc'];
    return !isObject(described) || described['minLength'] === info(statement)['minPINLength'];
  }),
  'built-in verification and its way': ofFido2((statement) => {
    const modality = Number(info(statement)['uvModality'] ?? 0);
    return (
      ((modality & 2) !== 0) === (way(statement, 'fingerprint_internal') !== undefined) &&
      ((modality & 4) !== 0) === (way(statement, 'passcode_internal') !== undefined)
    );
  }),
  'transports and attachment': ofFido2((statement) => {
    const transports = list(info(statement)['transports']);
    const hinted = (name: string): boolean => has(statement, 'attachmentHint', name);
    return (
      (transports.includes('usb') ? hinted('wired') : true) &&
      transports.includes('nfc') === hinted('nfc') &&
      transports.includes('ble') === hinted('bluetooth') &&
      transports.every((transport) => transport === 'internal') === hinted('internal')
    );
  }),
  'it is JSON': (statement) => {
    try {
      return isDeepStrictEqual(JSON.parse(JSON.stringify(statement)), statement);
    } catch {
      return false;
    }
  },
};

/** Names of the rules that a statement breaks. */
export function brokenMetadataRules(statement: Statement): readonly string[] {
  return Object.entries(metadataRules).flatMap(([name, holds]) => (holds(statement) ? [] : [name]));
}
