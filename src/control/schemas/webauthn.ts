import { z } from 'zod';
import { document } from './common.ts';

const originText = z.string().min(1).max(2048);

export const webauthnRequest = z
  .strictObject({
    origin: originText.describe('Origin of the document that called'),
    crossOrigin: z.boolean().exactOptional().describe('It is in a frame below another origin'),
    topOrigin: originText.exactOptional(),
    rpIdChecked: z.boolean().exactOptional().describe('A browser compared RP ID and origin already'),
    attachment: z.enum(['cross-platform', 'platform']).exactOptional(),
    options: document.describe(
      'PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON',
    ),
    pin: z.string().max(255).exactOptional().describe('Typed where a browser asks for the PIN of the key'),
    prompts: z.boolean().exactOptional().describe('Somebody answers the prompts of /webauthn/prompts'),
  })
  .meta({ id: 'WebAuthnRequest' });

export const webauthnOutcome = z
  .union([
    z.object({ response: document }),
    z.object({ error: z.object({ name: z.string(), message: z.string() }) }),
  ])
  .meta({ id: 'WebAuthnOutcome', description: 'A response in JSON, or a DOMException' });

const promptBase = { id: z.string(), origin: z.string() };

export const webauthnPrompt = z
  .discriminatedUnion('kind', [
    z.object({
      ...promptBase,
      kind: z.literal('pin'),
      purpose: z.enum(['enter', 'set', 'change']),
      retriesLeft: z.int().exactOptional(),
      lastWasWrong: z.boolean().exactOptional(),
      minLength: z.int().exactOptional().describe('Code points'),
    }),
    z.object({
      ...promptBase,
      kind: z.literal('account'),
      accounts: z
        .array(z.object({ name: z.string().exactOptional(), displayName: z.string().exactOptional() }))
        .readonly(),
    }),
  ])
  .meta({ id: 'WebAuthnPrompt', description: 'What a browser asks the person in front of it' });

export const webauthnPromptReply = z
  .union([
    z.strictObject({ pin: z.string().max(255) }),
    z.strictObject({ account: z.int().min(0) }),
    z.strictObject({ cancel: z.literal(true) }),
  ])
  .meta({ id: 'WebAuthnPromptReply' });
