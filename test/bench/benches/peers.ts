import { randomBytes } from 'node:crypto';

import { AuthenticatorEmulator, WebAuthnEmulator } from 'nid-webauthn-emulator';

import { systemClock } from '../../../src/app/system.ts';
import type { CreationOptionsJson, RequestOptionsJson } from '../../../src/client/webauthn/options.ts';
import { WebAuthnClient } from '../../../src/client/webauthn/webauthn-client.ts';
import { openHost } from '../host.ts';
import type { Effort } from '../measure.ts';
import { measure } from '../measure.ts';
import type { Row } from '../report.ts';
import { atLeast, sides } from '../report.ts';

export const origin = 'https://example.com';

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const challenge = base64url(randomBytes(32));

export function creationOptions(rpId: string): CreationOptionsJson {
  return {
    rp: { id: rpId, name: 'Example' },
    user: { id: base64url(randomBytes(16)), name: 'alice@mail.example', displayName: 'Alice' },
    challenge,
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'discouraged' },
    attestation: 'none',
  };
}

export function requestOptions(rpId: string, id: string): RequestOptionsJson {
  return { rpId, challenge, userVerification: 'discouraged', allowCredentials: [{ type: 'public-key', id }] };
}

/** nid-webauthn-emulator, which calls its authenticator directly; ours is a WebAuthn client with reports both ways. */
export async function emulator(effort: Effort): Promise<Row[]> {
  const { client: ctap } = await openHost();
  const ours = new WebAuthnClient({ ctap, clock: systemClock, origin });
  const theirs = new WebAuthnEmulator(new AuthenticatorEmulator({ algorithmIdentifiers: ['ES256'] }));
  type TheirCreation = Parameters<typeof theirs.createJSON>[1];
  type TheirRequest = Parameters<typeof theirs.getJSON>[1];
  const creation = creationOptions('example.com');
  const ourRequest = requestOptions('example.com', (await ours.create(creation)).id);
  const theirId = theirs.createJSON(origin, creation as TheirCreation).id;
  const theirRequest = requestOptions('example.com', theirId) as TheirRequest;
  // First, as each further creation takes the emulator's credential of this account away.
  const used = await measure(
    { ours: () => ours.get(ourRequest), theirs: () => theirs.getJSON(origin, theirRequest) },
    effort,
  );
  const made = await measure(
    { ours: () => ours.create(creation), theirs: () => theirs.createJSON(origin, creation as TheirCreation) },
    effort,
  );
  return [
    row('create, of the speed of nid-webauthn-emulator', made.ours, made.theirs),
    row('get, of the speed of nid-webauthn-emulator', used.ours, used.theirs),
  ];
}

export function row(what: string, ours: number, theirs: number): Row {
  return { what, value: theirs / ours, unit: '×', target: atLeast(1), sides: sides(ours, theirs) };
}
