import { permission } from '../../ctap/permission.ts';
import { publicKeyDescriptors } from '../../client/ctap-client.ts';
import type { PinProtocolVersion, PinUvAuthToken } from '../../client/pin-protocol.ts';
import type { Bench } from '../bench.ts';
import { site } from '../bench.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { requireFlags, requireSignature } from '../credential.ts';
import { ensure, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';

async function register(bench: Bench, pinUvAuthToken: PinUvAuthToken) {
  return (await bench.client()).makeCredential(bench.request({ pinUvAuthToken }));
}

async function request(bench: Bench, permissions: number, rpId?: string, version = bench.protocol) {
  const { clientPin } = await bench.client();
  const wanted = { permissions, ...(rpId === undefined ? {} : { rpId }) };
  return clientPin.getPinUvAuthTokenUsingPin(bench.pin, wanted, version);
}

function forProtocol(version: PinProtocolVersion) {
  return check(
    `tokens.protocol-${version}`,
    '§6.5.4',
    `A token of protocol ${version} registers and signs in, verified`,
    async (bench) => {
      const token = await request(bench, permission.makeCredential, site, version);
      ensure([16, 32].includes(token.bytes.length), `the token has ${token.bytes.length} bytes`);
      const made = await bench.register({ pinUvAuthToken: token });
      requireFlags(made.registration.authData, { UP: true, UV: true, AT: true }, 'the registration');
      const pinUvAuthToken = await request(bench, permission.getAssertion, site, version);
      const { assertion, parameters } = await bench.assert(made, { pinUvAuthToken });
      requireFlags(assertion.authData, { UP: true, UV: true, AT: false }, 'the assertion');
      requireSignature(bench, made, assertion, parameters.clientDataHash);
    },
    { needs: [needs.protocol(version)], touch: true },
  );
}

/** Tokens and their permissions (CTAP 2.3 §6.5.5.7). */
export const tokensGroup: CheckGroup = {
  id: 'tokens',
  title: 'Tokens and permissions',
  section: '§6.5.5.7',
  checks: withOptions({ needs: [needs.knownPin, needs.token] }, [
    forProtocol(1),
    forProtocol(2),
    check(
      'tokens.wrong-permission',
      '§6.1.2 step 11',
      'A token to sign in does not register',
      async (bench) => {
        const token = await request(bench, permission.getAssertion, site);
        await expectStatus(register(bench, token), 'given a token to sign in', 'PIN_AUTH_INVALID');
      },
    ),
    check('tokens.wrong-rp', '§6.1.2 step 11', 'A token of another RP does not register', async (bench) => {
      const token = await request(bench, permission.makeCredential, 'other.fauxkey.example');
      await expectStatus(register(bench, token), 'given a token of another RP', 'PIN_AUTH_INVALID');
    }),
    check(
      'tokens.wrong-param',
      '§6.1.2 step 11',
      'A pinUvAuthParam that is not of the token is PIN_AUTH_INVALID',
      async (bench) => {
        await request(bench, permission.makeCredential, site);
        const param = { pinUvAuthParam: bench.platform.random.bytes(bench.protocol === 1 ? 16 : 32) };
        const client = await bench.client();
        const run = client.makeCredential(bench.request({ ...param, pinUvAuthProtocol: bench.protocol }));
        await expectStatus(run, 'given a random pinUvAuthParam', 'PIN_AUTH_INVALID');
      },
    ),
    check(
      'tokens.short-param',
      '§6.5.4',
      'A pinUvAuthParam that is cut off is PIN_AUTH_INVALID',
      async (bench) => {
        const token = await request(bench, permission.makeCredential, site);
        const plain = bench.request();
        const pinUvAuthParam = token.authenticate(plain.clientDataHash).slice(0, 8);
        const client = await bench.client();
        const run = client.makeCredential({ ...plain, pinUvAuthParam, pinUvAuthProtocol: token.version });
        await expectStatus(run, 'given the first 8 bytes of a pinUvAuthParam', 'PIN_AUTH_INVALID');
      },
    ),
    check(
      'tokens.used-up',
      '§6.1.2 step 14',
      'A token registers once: with the touch its permission is gone',
      async (bench) => {
        const token = await request(bench, permission.makeCredential, site);
        await register(bench, token);
        await expectStatus(register(bench, token), 'given a token a second time', 'PIN_AUTH_INVALID');
      },
      { touch: true },
    ),
    check(
      'tokens.silent',
      '§6.2.2 step 9',
      'A look without a touch does not use a token up',
      async (bench) => {
        const made = await bench.made();
        const pinUvAuthToken = await request(bench, permission.getAssertion, site);
        const allowList = publicKeyDescriptors(made.credentialId);
        await bench.assert(made, { allowList, pinUvAuthToken, options: { up: false } });
        await bench.assert(made, { allowList, pinUvAuthToken });
      },
      { touch: true },
    ),
    check('tokens.renewed', '§6.5.5.7', 'A new token makes the one before void', async (bench) => {
      const old = await request(bench, permission.makeCredential, site);
      await request(bench, permission.makeCredential, site);
      await expectStatus(register(bench, old), 'given a token that was renewed', 'PIN_AUTH_INVALID');
    }),
    check('tokens.none', '§6.5.5.7.2', 'A token without permissions is INVALID_PARAMETER', async (bench) => {
      await expectStatus(request(bench, 0, site), 'asked for no permissions', 'INVALID_PARAMETER');
    }),
    check(
      'tokens.rp-missing',
      '§6.5.5.7.2',
      'A token to register without an RP is MISSING_PARAMETER',
      async (bench) => {
        const run = request(bench, permission.makeCredential);
        await expectStatus(run, 'asked for a token without an RP', 'MISSING_PARAMETER', 'INVALID_PARAMETER');
      },
    ),
    check(
      'tokens.unauthorized',
      '§6.5.5.7.2',
      'A permission that the key has no use for is UNAUTHORIZED_PERMISSION',
      async (bench) => {
        const options = bench.facts.info?.options;
        const useless = [
          [permission.bioEnrollment, 'bioEnroll'],
          [permission.authenticatorConfig, 'authnrCfg'],
          [permission.largeBlobWrite, 'largeBlobs'],
          [permission.persistentCredentialManagementReadOnly, 'perCredMgmtRO'],
        ].find(([, name]) => options?.has(String(name)) !== true);
        if (useless === undefined) return;
        const run = request(bench, Number(useless[0]));
        await expectStatus(run, `asked for the permission of ${useless[1]}`, 'UNAUTHORIZED_PERMISSION');
      },
    ),
    check(
      'tokens.legacy',
      '§6.5.5.7.1',
      'getPinToken gives a token that registers',
      async (bench) => {
        if (bench.facts.info?.options?.get('noMcGaPermissionsWithClientPin') === true) return;
        const { clientPin } = await bench.client();
        await register(bench, await clientPin.getPinToken(bench.pin, bench.protocol));
      },
      { touch: true },
    ),
  ]),
};
