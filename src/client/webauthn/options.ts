import type { Attachment } from './context.ts';

/** Bytes as base64url without padding. */
export type Base64Url = string;

/** PublicKeyCredentialDescriptorJSON (WebAuthn L3 §5.1.8). */
export interface DescriptorJson {
  readonly id: Base64Url;
  readonly type: string;
  readonly transports?: readonly string[];
}

/** Salts of the prf extension (WebAuthn L3 §10.1.4). */
export interface PrfValuesJson {
  readonly first: Base64Url;
  readonly second?: Base64Url;
}

/** Extension inputs that this client knows; others are ignored, as browsers do. */
export interface ExtensionInputsJson {
  readonly credProps?: boolean;
  readonly credentialProtectionPolicy?: string;
  readonly enforceCredentialProtectionPolicy?: boolean;
  readonly minPinLength?: boolean;
  readonly credBlob?: Base64Url;
  readonly getCredBlob?: boolean;
  readonly hmacCreateSecret?: boolean;
  /** Salts of 32 bytes, as given to the key. */
  readonly hmacGetSecret?: { readonly salt1: Base64Url; readonly salt2?: Base64Url };
  readonly prf?: {
    readonly eval?: PrfValuesJson;
    readonly evalByCredential?: Readonly<Record<string, PrfValuesJson>>;
  };
  readonly largeBlob?: {
    readonly support?: string;
    readonly read?: boolean;
    readonly write?: Base64Url;
  };
}

/** Extension outputs, bytes as base64url. */
export interface ExtensionOutputsJson {
  credProps?: { rk?: boolean };
  credBlob?: boolean;
  getCredBlob?: Base64Url;
  hmacCreateSecret?: boolean;
  hmacGetSecret?: { output1: Base64Url; output2?: Base64Url };
  prf?: { enabled?: boolean; results?: { first: Base64Url; second?: Base64Url } };
  largeBlob?: { supported?: boolean; blob?: Base64Url; written?: boolean };
}

/** PublicKeyCredentialCreationOptionsJSON (WebAuthn L3 §5.1.8). */
export interface CreationOptionsJson {
  readonly rp: { readonly id?: string; readonly name: string };
  readonly user: { readonly id: Base64Url; readonly name: string; readonly displayName: string };
  readonly challenge: Base64Url;
  readonly pubKeyCredParams: readonly { readonly type: string; readonly alg: number }[];
  /** Milliseconds. */
  readonly timeout?: number;
  readonly excludeCredentials?: readonly DescriptorJson[];
  readonly authenticatorSelection?: {
    readonly authenticatorAttachment?: string;
    readonly residentKey?: string;
    readonly requireResidentKey?: boolean;
    readonly userVerification?: string;
  };
  /** What the page expects the user to have; unknown values are ignored. */
  readonly hints?: readonly string[];
  readonly attestation?: string;
  readonly attestationFormats?: readonly string[];
  readonly extensions?: ExtensionInputsJson;
}

/** PublicKeyCredentialRequestOptionsJSON (WebAuthn L3 §5.1.9). */
export interface RequestOptionsJson {
  readonly challenge: Base64Url;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly rpId?: string;
  readonly allowCredentials?: readonly DescriptorJson[];
  readonly userVerification?: string;
  readonly hints?: readonly string[];
  readonly extensions?: ExtensionInputsJson;
}

/** RegistrationResponseJSON (WebAuthn L3 §5.1.1). */
export interface RegistrationJson {
  id: Base64Url;
  rawId: Base64Url;
  type: 'public-key';
  authenticatorAttachment: Attachment;
  clientExtensionResults: ExtensionOutputsJson;
  response: {
    clientDataJSON: Base64Url;
    authenticatorData: Base64Url;
    attestationObject: Base64Url;
    transports: string[];
    publicKeyAlgorithm: number;
    /** SubjectPublicKeyInfo, DER; absent for algorithms that this client has no form for. */
    publicKey?: Base64Url;
  };
}

/** AuthenticationResponseJSON (WebAuthn L3 §5.1.1). */
export interface AuthenticationJson {
  id: Base64Url;
  rawId: Base64Url;
  type: 'public-key';
  authenticatorAttachment: Attachment;
  clientExtensionResults: ExtensionOutputsJson;
  response: {
    clientDataJSON: Base64Url;
    authenticatorData: Base64Url;
    signature: Base64Url;
    userHandle?: Base64Url;
  };
}

export type Requirement = 'discouraged' | 'preferred' | 'required';

/** Values that a browser does not know count as absent (WebAuthn L3 §2.1.1). */
export function parseRequirement(value: string | undefined, otherwise: Requirement): Requirement {
  return value === 'discouraged' || value === 'preferred' || value === 'required' ? value : otherwise;
}
