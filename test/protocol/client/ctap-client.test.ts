import { beforeEach, describe, expect, it } from 'vitest';
import { cborMap } from '../../../src/cbor/map.ts';
import { permission } from '../../../src/ctap/permission.ts';
import {
  encodeMakeCredential,
  publicKeyDescriptors,
  publicKeyParameters,
} from '../../../src/client/ctap-client.ts';
import type { CtapClient, MakeCredentialParameters } from '../../../src/client/ctap-client.ts';
import { u2fControl } from '../../../src/client/u2f-client.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { concatBytes, utf8Bytes } from '../../../src/ctap/bytes.ts';
import { ctapCommand } from '../../../src/ctap/command.ts';
import { clientPinSubCommand } from '../../../src/ctap/messages/client-pin.ts';
import { ctapStatus } from '../../../src/ctap/status.ts';
import { createLocalKey, localProfile } from '../../support/local-key.ts';
import type { LocalKey } from '../../support/local-key.ts';
import { settle } from '../../support/fake-clock.ts';

const provider = createNodeCrypto();
const clientDataHash = provider.sha256(utf8Bytes('client data'));
const rpIdHash = provider.sha256(utf8Bytes('example.com'));

function registration(changes: Partial<MakeCredentialParameters> = {}): MakeCredentialParameters {
  return {
    clientDataHash,
    rp: { id: 'example.com', name: 'Example' },
    user: { id: Uint8Array.of(1), name: 'alice', displayName: 'Alice' },
    pubKeyCredParams: publicKeyParameters(-7),
    ...changes,
  };
}

let key: LocalKey;
let client: CtapClient;
beforeEach(async () => {
  key = createLocalKey();
  client = await key.connect();
});

describe('makeCredential and getAssertion', () => {
  it('make a credential and sign with it', async () => {
    const made = await client.makeCredential(registration());
    expect(made).toMatchObject({
      fmt: 'packed',
      parsed: { rpIdHash, userPresent: true, userVerified: false },
    });
    const { credentialId, publicKey } = made.parsed.attested!;
    const assertion = await client.getAssertion({
      rpId: 'example.com',
      clientDataHash,
      allowList: publicKeyDescriptors(Uint8Array.of(1, 2), credentialId),
    });
    expect(assertion.credentialId).toEqual(credentialId);
    const signed = concatBytes(assertion.authData, clientDataHash);
    expect(provider.verify(publicKey, signed, assertion.signature)).toBe(true);
    expect(assertion.parsed.signCount).toBeGreaterThan(made.parsed.signCount);
  });

  it('enumerate several accounts, newest first', async () => {
    for (const id of [1, 2, 3]) {
      const user = { id: Uint8Array.of(id), name: `user ${id}` };
      await client.makeCredential(registration({ user, options: { rk: true } }));
    }
    const all = await client.getAssertions({ rpId: 'example.com', clientDataHash });
    expect(all.map(({ user }) => user?.id[0])).toEqual([3, 2, 1]);
  });

  it('turn a status into an error with its name', async () => {
    key.user.next('deny');
    await expect(client.makeCredential(registration())).rejects.toMatchObject({
      name: 'CtapStatusError',
      status: ctapStatus.OPERATION_DENIED,
      message: 'the key answered with OPERATION_DENIED',
    });
  });

  it('show that the key waits for a touch, and cancel', async () => {
    key.user.next('ignore');
    const controller = new AbortController();
    const seen = new Set<string>();
    const pending = client.makeCredential(registration(), {
      signal: controller.signal,
      onKeepAlive: (status) => seen.add(status),
    });
    const outcome = expect(pending).rejects.toMatchObject({ status: ctapStatus.KEEPALIVE_CANCEL });
    await settle();
    await key.clock.advanceAsync(200);
    controller.abort();
    await outcome;
    expect(seen).toContain('upneeded');
  });

  it('use a token from the PIN, under both protocols', async () => {
    await client.clientPin.setPin('1234');
    for (const protocol of [1, 2] as const) {
      const token = await client.clientPin.getPinUvAuthTokenUsingPin(
        '1234',
        { permissions: permission.makeCredential, rpId: 'example.com' },
        protocol,
      );
      const made = await client.makeCredential(registration({ pinUvAuthToken: token }));
      expect(made.parsed.userVerified).toBe(true);
    }
  });

  it('take bytes of a test instead of a token', async () => {
    await client.clientPin.setPin('1234');
    const probe = registration({ pinUvAuthParam: new Uint8Array(), pinUvAuthProtocol: 2 });
    await expect(client.makeCredential(probe)).rejects.toMatchObject({ statusName: 'PIN_INVALID' });
    const forged = registration({ pinUvAuthParam: new Uint8Array(32), pinUvAuthProtocol: 2 });
    await expect(client.makeCredential(forged)).rejects.toMatchObject({ statusName: 'PIN_AUTH_INVALID' });
  });
});

describe('the raw door', () => {
  it('sends anything and gives the status', async () => {
    const unknown = await client.send(0x3f);
    expect(unknown).toEqual({ status: ctapStatus.INVALID_COMMAND, response: new Uint8Array() });
    const garbage = await client.send(ctapCommand.makeCredential, Uint8Array.of(0xff));
    expect(garbage.status).toBe(ctapStatus.INVALID_CBOR);
    const members = new Map(encodeMakeCredential(registration()));
    members.delete(0x02);
    expect((await client.send(ctapCommand.makeCredential, members)).status).toBe(
      ctapStatus.MISSING_PARAMETER,
    );
    expect((await client.send(ctapCommand.clientPin, cborMap([[2, 'x']]))).status).toBe(
      ctapStatus.CBOR_UNEXPECTED_TYPE,
    );
    expect((await client.send(ctapCommand.getInfo)).status).toBe(ctapStatus.OK);
  });
});

describe('getInfo, selection and reset', () => {
  it('reads every member that the key sends', async () => {
    const info = await client.getInfo();
    expect(info).toMatchObject({
      versions: localProfile.versions,
      extensions: localProfile.extensions,
      aaguid: localProfile.aaguid,
      maxMsgSize: 7609,
      pinUvAuthProtocols: [2, 1],
      algorithms: [-7, -8],
      minPinLength: 4,
    });
    expect(info.options?.get('clientPin')).toBe(false);
    expect(info.options?.get('rk')).toBe(true);
  });

  it('asks for a touch', async () => {
    await client.selection();
    expect(key.user.questions).toMatchObject([{ purpose: 'select' }]);
    key.user.next('deny');
    await expect(client.selection()).rejects.toMatchObject({ statusName: 'OPERATION_DENIED' });
  });

  it('resets', async () => {
    await client.makeCredential(registration({ options: { rk: true } }));
    await client.reset();
    await expect(client.getAssertion({ rpId: 'example.com', clientDataHash })).rejects.toMatchObject({
      statusName: 'NO_CREDENTIALS',
    });
    await key.clock.advanceAsync(10_001);
    await expect(client.reset()).rejects.toMatchObject({ statusName: 'NOT_ALLOWED' });
  });
});

describe('clientPIN', () => {
  it.each([1, 2] as const)('sets, uses and changes the PIN under protocol %i', async (protocol) => {
    const { clientPin } = client;
    await clientPin.setPin('1234', protocol);
    await expect(clientPin.setPin('1234', protocol)).rejects.toMatchObject({
      statusName: 'PIN_AUTH_INVALID',
    });
    await expect(clientPin.getPinToken('4321', protocol)).rejects.toMatchObject({
      statusName: 'PIN_INVALID',
    });
    expect(await clientPin.getPinRetries()).toEqual({ pinRetries: 7, powerCycleState: false });
    await clientPin.changePin('1234', 'pässwörd', protocol);
    expect(await clientPin.getPinRetries()).toMatchObject({ pinRetries: 8 });
    const token = await clientPin.getPinToken('pa\u0308sswo\u0308rd', protocol);
    expect(token.bytes).toHaveLength(32);
    expect(token.authenticate(clientDataHash)).toHaveLength(protocol === 1 ? 16 : 32);
  });

  it('sends PIN bytes as they are, of any length', async () => {
    await expect(client.clientPin.setPin(new Uint8Array(64).fill(0x31))).rejects.toMatchObject({
      statusName: 'PIN_POLICY_VIOLATION',
    });
    await expect(client.clientPin.setPin('1'.repeat(70))).rejects.toMatchObject({
      status: expect.any(Number) as number,
    });
    await client.clientPin.setPin(Uint8Array.of(0x31, 0x32, 0x33, 0x34));
    await client.clientPin.getPinToken('1234');
  });

  it('tells when the key wants to be pulled out', async () => {
    await client.clientPin.setPin('1234');
    for (const statusName of ['PIN_INVALID', 'PIN_INVALID', 'PIN_AUTH_BLOCKED']) {
      await expect(client.clientPin.getPinToken('0000')).rejects.toMatchObject({ statusName });
    }
    expect(await client.clientPin.getPinRetries()).toEqual({ pinRetries: 5, powerCycleState: true });
    key.powerCycle();
    client = await key.connect();
    await client.clientPin.getPinToken('1234');
  });

  it('sends subcommands that have no method', async () => {
    await expect(client.clientPin.request({ subCommand: 8 })).rejects.toMatchObject({
      statusName: 'INVALID_SUBCOMMAND',
    });
    await expect(client.clientPin.request({ subCommand: clientPinSubCommand.setPin })).rejects.toMatchObject({
      statusName: 'MISSING_PARAMETER',
    });
  });

  it('gets a token by built-in verification', async () => {
    key = createLocalKey({ builtInUv: { modality: 'fingerprint', maxRetries: 5, attemptsPerOperation: 3 } });
    client = await key.connect();
    expect(await client.clientPin.getUvRetries()).toBe(5);
    const token = await client.clientPin.getPinUvAuthTokenUsingUv({
      permissions: permission.makeCredential,
      rpId: 'example.com',
    });
    const made = await client.makeCredential(registration({ pinUvAuthToken: token }));
    expect(made.parsed.userVerified).toBe(true);
  });

  it('agrees on a secret that hmac-secret takes', async () => {
    const made = await client.makeCredential(registration({ extensions: { 'hmac-secret': true } }));
    expect(made.parsed.extensions?.get('hmac-secret')).toBe(true);
    const outputs = new Set<string>();
    for (const protocol of [1, 2] as const) {
      const secret = await client.clientPin.agree(protocol);
      const saltEnc = secret.encrypt(new Uint8Array(32).fill(5));
      const assertion = await client.getAssertion({
        rpId: 'example.com',
        clientDataHash,
        allowList: publicKeyDescriptors(made.parsed.attested!.credentialId),
        extensions: {
          'hmac-secret': cborMap([
            [1, secret.keyAgreement],
            [2, saltEnc],
            [3, secret.authenticate(saltEnc)],
            [4, protocol],
          ]),
        },
      });
      const output = assertion.parsed.extensions?.get('hmac-secret') as Uint8Array;
      outputs.add(Buffer.from(secret.decrypt(output)).toString('hex'));
    }
    expect([...outputs]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });
});

describe('credentialManagement', () => {
  const everything = permission.credentialManagement;

  it('lists, updates and deletes', async () => {
    await client.clientPin.setPin('1234');
    const fill = await client.clientPin.getPinToken('1234');
    const made = await client.makeCredential(registration({ options: { rk: true }, pinUvAuthToken: fill }));
    const { credentialId, publicKey } = made.parsed.attested!;
    const { credentialManagement } = client;
    const token = await client.clientPin.getPinUvAuthTokenUsingPin('1234', { permissions: everything });

    expect(await credentialManagement.getCredsMetadata(token)).toMatchObject({
      existingResidentCredentialsCount: 1,
    });
    expect(await credentialManagement.enumerateRps(token)).toMatchObject([
      { rp: { id: 'example.com' }, rpIdHash },
    ]);
    expect(await credentialManagement.enumerateCredentials(token, rpIdHash)).toMatchObject([
      { credentialId, publicKey, credProtect: 1, user: { name: 'alice' } },
    ]);
    await credentialManagement.updateUserInformation(token, credentialId, {
      id: Uint8Array.of(1),
      name: 'bob',
    });
    const [updated] = await credentialManagement.enumerateCredentials(token, rpIdHash);
    expect(updated?.user).toEqual({ id: Uint8Array.of(1), name: 'bob' });
    await credentialManagement.deleteCredential(token, credentialId);
    expect(await credentialManagement.enumerateRps(token)).toEqual([]);
    expect(await credentialManagement.enumerateCredentials(token, rpIdHash)).toEqual([]);
  });

  it('walks through many sites', async () => {
    for (let i = 0; i < 4; i++) {
      const user = { id: Uint8Array.of(i) };
      await client.makeCredential(
        registration({ rp: { id: `site${i % 2}.example` }, user, options: { rk: true } }),
      );
    }
    await client.clientPin.setPin('1234');
    const token = await client.clientPin.getPinUvAuthTokenUsingPin('1234', { permissions: everything });
    const rps = await client.credentialManagement.enumerateRps(token);
    expect(rps.map(({ rp }) => rp.id).sort()).toEqual(['site0.example', 'site1.example']);
    for (const rp of rps) {
      expect(await client.credentialManagement.enumerateCredentials(token, rp.rpIdHash)).toHaveLength(2);
    }
  });

  it('shows what a missing token brings', async () => {
    await expect(client.credentialManagement.request(0x01)).rejects.toMatchObject({
      statusName: 'PUAT_REQUIRED',
    });
  });
});

describe('U2F', () => {
  const challenge = new Uint8Array(32).fill(1);

  it('registers, checks and authenticates, in both APDU forms', async () => {
    const u2f = await key.connectU2f();
    expect(await u2f.version()).toBe('U2F_V2');
    const made = await pollForTouch(() => u2f.register(challenge, rpIdHash));
    expect(made.publicKey).toHaveLength(65);
    expect(made.certificate).toHaveLength(260);
    const { checkOnly, enforcePresence, dontEnforcePresence } = u2fControl;
    const use = (control: number, handle = made.keyHandle) =>
      u2f.authenticate(control, challenge, rpIdHash, handle);
    await expect(use(checkOnly)).rejects.toMatchObject({ statusWord: 0x6985 });
    await expect(use(checkOnly, Uint8Array.of(1))).rejects.toMatchObject({ statusWord: 0x6a80 });
    const signed = await pollForTouch(() => use(enforcePresence));
    expect(signed).toMatchObject({ userPresence: 1 });
    const silent = await use(dontEnforcePresence);
    expect(silent.counter).toBeGreaterThan(signed.counter);
  });

  it('sends APDUs that are none', async () => {
    const u2f = await key.connectU2f();
    expect(await u2f.send({ ins: 0x77 })).toEqual({ statusWord: 0x6d00, response: new Uint8Array() });
    expect(await u2f.send({ cla: 0x80, ins: 0x03 })).toMatchObject({ statusWord: 0x6e00 });
    expect(await u2f.send(Uint8Array.of(0, 1))).toMatchObject({ statusWord: 0x6700 });
  });

  async function pollForTouch<T>(run: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await run();
      } catch (error) {
        if (tries > 5 || (error as { statusWord?: number }).statusWord !== 0x6985) throw error;
        await key.clock.advanceAsync(200);
      }
    }
  }
});
