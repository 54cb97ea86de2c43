import { z } from 'zod';
import type { CreationOptionsJson, RequestOptionsJson } from '../client/webauthn/options.ts';
import { WebAuthnClientError } from '../client/webauthn/webauthn-error.ts';

const bytes = z.string();
const milliseconds = z.number().int().nonnegative();
const descriptors = z.array(
  z.object({ id: bytes, type: z.string(), transports: z.array(z.string()).optional() }),
);
const prfValues = z.object({ first: bytes, second: bytes.optional() });

/** Members that are not known are dropped, as browsers do. */
const extensions = z.object({
  credProps: z.boolean().optional(),
  credentialProtectionPolicy: z.string().optional(),
  enforceCredentialProtectionPolicy: z.boolean().optional(),
  minPinLength: z.boolean().optional(),
  credBlob: bytes.optional(),
  getCredBlob: z.boolean().optional(),
  hmacCreateSecret: z.boolean().optional(),
  hmacGetSecret: z.object({ salt1: bytes, salt2: bytes.optional() }).optional(),
  prf: z
    .object({ eval: prfValues.optional(), evalByCredential: z.record(z.string(), prfValues).optional() })
    .optional(),
  largeBlob: z
    .object({ support: z.string().optional(), read: z.boolean().optional(), write: bytes.optional() })
    .optional(),
});

const creationOptions = z.object({
  rp: z.object({ id: z.string().optional(), name: z.string() }),
  user: z.object({ id: bytes, name: z.string(), displayName: z.string() }),
  challenge: bytes,
  pubKeyCredParams: z.array(z.object({ type: z.string(), alg: z.number().int() })),
  timeout: milliseconds.optional(),
  excludeCredentials: descriptors.optional(),
  authenticatorSelection: z
    .object({
      authenticatorAttachment: z.string().optional(),
      residentKey: z.string().optional(),
      requireResidentKey: z.boolean().optional(),
      userVerification: z.string().optional(),
    })
    .optional(),
  hints: z.array(z.string()).optional(),
  attestation: z.string().optional(),
  attestationFormats: z.array(z.string()).optional(),
  extensions: extensions.optional(),
});

const requestOptions = z.object({
  challenge: bytes,
  timeout: milliseconds.optional(),
  rpId: z.string().optional(),
  allowCredentials: descriptors.optional(),
  userVerification: z.string().optional(),
  hints: z.array(z.string()).optional(),
  extensions: extensions.optional(),
});

/** Throws WebAuthnClientError `TypeError` with the member that is wrong. */
export function parseCreationOptions(options: unknown): CreationOptionsJson {
  return parse(creationOptions, options) as CreationOptionsJson;
}

/** Throws WebAuthnClientError `TypeError` with the member that is wrong. */
export function parseRequestOptions(options: unknown): RequestOptionsJson {
  return parse(requestOptions, options) as RequestOptionsJson;
}

function parse<Schema extends z.ZodType>(schema: Schema, options: unknown): z.infer<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const member = ['publicKey', ...(issue?.path ?? [])].map(String).join('.');
  throw new WebAuthnClientError('TypeError', `${member}: ${issue?.message ?? 'is wrong'}`);
}
