import { z } from 'zod';
import { WebDriverError } from './error.ts';

const base64url = z
  .string()
  .regex(/^[\w-]*$/, 'has to be base64url without padding')
  .refine((text) => text.length % 4 !== 1, 'has to be base64url without padding')
  .transform((text) => Uint8Array.from(Buffer.from(text, 'base64url')));

/** 32 bits, or `null` for a credential that has no counter and always sends zero (WebAuthn L3 §11, mid-2026). */
const signCount = z.int().min(0).max(0xffff_ffff).nullable();

/** Authenticator Configuration of Add Virtual Authenticator (WebAuthn L3 §11.2). */
export const authenticatorParameters = z.strictObject({
  protocol: z.enum(['ctap1/u2f', 'ctap2', 'ctap2_1']),
  transport: z.enum(['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal']),
  hasResidentKey: z.boolean().default(false),
  hasUserVerification: z.boolean().default(false),
  isUserConsenting: z.boolean().default(true),
  isUserVerified: z.boolean().default(false),
  extensions: z.array(z.string()).default([]),
  defaultBackupEligibility: z.boolean().default(false),
  defaultBackupState: z.boolean().default(false),
});
export type AuthenticatorParameters = z.output<typeof authenticatorParameters>;

/** Credential Parameters of Add Credential (WebAuthn L3 §11.4). */
export const credentialParameters = z.strictObject({
  credentialId: base64url.refine((id) => id.length > 0, 'must not be empty'),
  isResidentCredential: z.boolean(),
  rpId: z.string().min(1),
  privateKey: base64url,
  userHandle: base64url.optional(),
  signCount,
  largeBlob: base64url.optional(),
  backupEligibility: z.boolean().optional(),
  backupState: z.boolean().optional(),
  userName: z.string().optional(),
  userDisplayName: z.string().optional(),
});
export type CredentialParameters = z.output<typeof credentialParameters>;

/** Set User Verified (WebAuthn L3 §11.8). */
export const userVerifiedParameters = z.strictObject({ isUserVerified: z.boolean() });

/** Set Credential Properties (WebAuthn L3 §11.9). */
export const propertyParameters = z.strictObject({
  backupEligibility: z.boolean().optional(),
  backupState: z.boolean().optional(),
  signCount: signCount.optional(),
});
export type PropertyParameters = z.output<typeof propertyParameters>;

/** The parameters, or `invalid argument` with a sentence that names the member. */
export function parseParameters<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new WebDriverError(
    'invalid argument',
    place ? `${place}: ${issue?.message ?? 'wrong'}.` : `The parameters are wrong: ${issue?.message ?? ''}.`,
  );
}
