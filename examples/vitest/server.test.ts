import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import { test, type TestKey } from 'fauxkey/vitest';
import { describe, expect } from 'vitest';

const origin = 'https://login.example.com';
const rpID = 'example.com';

/** What a server does when somebody registers. */
async function register(key: TestKey): Promise<WebAuthnCredential> {
  const options = await generateRegistrationOptions({ rpName: 'Example', rpID, userName: 'alice' });
  const response = (await key.site(origin).create(options)) as unknown as RegistrationResponseJSON;
  const { registrationInfo, verified } = await verifyRegistrationResponse({
    response,
    expectedChallenge: options.challenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
  });
  if (!verified) throw new Error('The registration was refused.');
  return registrationInfo.credential;
}

/** What a server does when somebody signs in. */
async function signIn(key: TestKey, credential: WebAuthnCredential) {
  const options = await generateAuthenticationOptions({ rpID, allowCredentials: [credential] });
  const response = (await key.site(origin).get(options)) as unknown as AuthenticationResponseJSON;
  return verifyAuthenticationResponse({
    response,
    expectedChallenge: options.challenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    credential,
  });
}

describe('a server, without a browser', () => {
  test('lets the key in that was registered', async ({ securityKey }) => {
    const credential = await register(securityKey);
    expect(await signIn(securityKey, credential)).toMatchObject({ verified: true });
  });

  test('refuses a wrong signature', async ({ securityKey }) => {
    const credential = await register(securityKey);
    securityKey.addFault({ fault: 'ctap.signature', scope: { next: 1 } });
    expect(await signIn(securityKey, credential)).toMatchObject({ verified: false });
  });

  test('refuses a key of somebody else', async ({ createKey, securityKey }) => {
    const credential = await register(securityKey);
    const other = await createKey({ profile: 'ctap2.1' });
    await expect(signIn(other, credential)).rejects.toMatchObject({ name: 'NotAllowedError' });
  });
});
