import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/app/create-key.ts';
import { createWebAuthnBridge } from '../../../src/app/webauthn-bridge.ts';
import type { WebAuthnAnswer, WebAuthnBridge } from '../../../src/app/webauthn-bridge.ts';
import type { CreationOptionsJson, RequestOptionsJson } from '../../../src/client/webauthn/options.ts';
import { ScriptedConsent } from '../../../src/consent/scripted.ts';
import type { ConsentAnswer } from '../../../src/ports/consent.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';

const origin = 'https://login.example.com';
const rpId = 'example.com';
const creation: CreationOptionsJson = {
  rp: { id: rpId, name: 'Example' },
  user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
  challenge: 'AAECAwQFBgcICQ',
  pubKeyCredParams: [-8, -7].map((alg) => ({ type: 'public-key', alg })),
  attestation: 'direct',
};
const request: RequestOptionsJson = { challenge: 'CQgHBgUEAwIBAA', rpId };

let clock: FakeClock;
let user: ScriptedConsent;
let bridge: WebAuthnBridge;
beforeEach(() => {
  clock = createFakeClock();
  user = new ScriptedConsent();
  const key = createKey({ profile: 'u2f', clock, consent: user });
  bridge = createWebAuthnBridge({ connect: () => key.connect(), clock });
});

const create = (options: Partial<CreationOptionsJson> = {}, signal?: AbortSignal) =>
  bridge.create({ origin, options: { ...creation, ...options } }, signal);

const get = (id?: string, options: Partial<RequestOptionsJson> = {}, signal?: AbortSignal) =>
  bridge.get(
    {
      origin,
      options: { ...request, ...(id && { allowCredentials: [{ id, type: 'public-key' }] }), ...options },
    },
    signal,
  );

function responseOf<T>(answer: WebAuthnAnswer<T>): T {
  if ('error' in answer) throw new Error(`${answer.error.name}: ${answer.error.message}`);
  return answer.response;
}

const nameOf = (answer: WebAuthnAnswer<unknown>) => ('error' in answer ? answer.error.name : 'no error');

describe('a key that speaks U2F only, behind the bridge', () => {
  it('registers and signs in, judged by SimpleWebAuthn', async () => {
    const made = responseOf(await create());
    expect(made.response.publicKeyAlgorithm).toBe(-7);
    expect(made.response.transports).toEqual(['usb']);
    const registration = await verifyRegistrationResponse({
      response: made as unknown as RegistrationResponseJSON,
      expectedChallenge: creation.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: false,
    });
    expect(registration.verified).toBe(true);
    expect(registration.registrationInfo?.fmt).toBe('fido-u2f');
    const credential = registration.registrationInfo?.credential;
    if (!credential) throw new Error('no credential');
    for (const counter of [1, 2]) {
      const signed = responseOf(await get(made.id));
      const authentication = await verifyAuthenticationResponse({
        response: signed as unknown as AuthenticationResponseJSON,
        expectedChallenge: request.challenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        credential,
        requireUserVerification: false,
      });
      expect(authentication.verified).toBe(true);
      expect(authentication.authenticationInfo).toMatchObject({ newCounter: counter, userVerified: false });
    }
  });

  it('loses its attestation where the site asks for none', async () => {
    const made = responseOf(await create({ attestation: 'none' }));
    const text = Buffer.from(made.response.attestationObject, 'base64url').toString('latin1');
    expect(text).toContain('dnone');
    expect(text).not.toContain('fido-u2f');
  });

  it('is refused where it is registered already, once the user has touched it', async () => {
    const { id } = responseOf(await create());
    const before = user.questions.length;
    const excludeCredentials = [
      { id: 'AAAA', type: 'public-key' },
      { id, type: 'public-key' },
    ];
    expect(nameOf(await create({ excludeCredentials }))).toBe('InvalidStateError');
    expect(user.questions.length - before).toBe(1);
    expect(nameOf(await create({ excludeCredentials: [{ id: 'AAAA', type: 'public-key' }] }))).toBe(
      'no error',
    );
  });

  it('does what it can only: no passkeys, no verification, no other algorithm, no foreign id', async () => {
    const { id } = responseOf(await create());
    expect(nameOf(await create({ authenticatorSelection: { residentKey: 'required' } }))).toBe(
      'ConstraintError',
    );
    expect(nameOf(await create({ authenticatorSelection: { userVerification: 'required' } }))).toBe(
      'ConstraintError',
    );
    expect(nameOf(await create({ pubKeyCredParams: [{ type: 'public-key', alg: -8 }] }))).toBe(
      'NotSupportedError',
    );
    expect(nameOf(await get(id, { userVerification: 'required' }))).toBe('NotAllowedError');
    expect(nameOf(await get('AAAA'))).toBe('NotAllowedError');
    expect(nameOf(await get())).toBe('NotAllowedError');
    expect(await bridge.canVerifyUser()).toBe(false);
  });

  it('is polled until the user touches it, and no longer than the page wants', async () => {
    const { id } = responseOf(await create());
    const touches: ((answer: ConsentAnswer) => void)[] = [];
    user.otherwise(() => new Promise((resolve) => void touches.push(resolve)));
    let done = false;
    const signing = get(id).then((answer) => {
      done = true;
      return answer;
    });
    await clock.advanceAsync(1000);
    expect([touches.length, done]).toEqual([1, false]);
    touches[0]?.({ outcome: 'approved' });
    await clock.advanceAsync(200);
    expect(nameOf(await signing)).toBe('no error');

    const page = new AbortController();
    const aborted = get(id, {}, page.signal);
    await settle();
    page.abort();
    expect(nameOf(await aborted)).toBe('AbortError');
  });
});
