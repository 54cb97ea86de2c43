import { describe, expect, it } from 'vitest';
import { scanCanonical } from '../../src/cbor/canonical.ts';
import { KeyResponseError } from '../../src/client/errors.ts';
import { u2fControl } from '../../src/client/u2f-client.ts';
import { coseAlgorithm } from '../../src/cose/algorithm.ts';
import { faultCatalogue } from '../../src/faults/faults.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { allow, assertion, outcome, provider, rawOutcome, registration, site } from '../support/protocol.ts';
import { createRig } from './rig.ts';
import type { FaultRig } from './rig.ts';

const credentials = (rig: FaultRig) => [...rig.key.keystore.all()];

describe('ctap.status', () => {
  const status = faultCatalogue[0]!.parameters.find(({ name }) => name === 'status')!;
  const names = status.type === 'code' ? Object.keys(status.names) : [];

  it.each(names)('%s comes in place of the response, and nothing is done', async (name) => {
    const rig = createRig();
    const client = await rig.client();
    rig.add('ctap.status', { status: name });
    expect(await outcome(client.makeCredential(registration()))).toBe(name);
    expect(rig.user.questions).toEqual([]);
    expect(credentials(rig)).toEqual([]);
    expect(await outcome(client.makeCredential(registration()))).toBe('OK');
  });

  it('comes after the command was carried out, if told so', async () => {
    const rig = createRig();
    const client = await rig.client();
    rig.add('ctap.status', { status: 0xdf, execute: true });
    expect(await outcome(client.makeCredential(registration()))).toBe('0xdf');
    expect(credentials(rig)).toHaveLength(1);
    expect(rig.user.questions).toHaveLength(1);
  });

  it('is no answer to U2F, nor the other way round', async () => {
    const rig = createRig();
    const [client, u2f] = [await rig.client(), await rig.u2f()];
    rig.add('ctap.status', {}, { command: 'any' });
    rig.add('ctap.u2f-status', { statusWord: 'WRONG_LENGTH' }, { command: 'any' });
    expect(await u2f.send({ ins: 3 })).toMatchObject({ statusWord: 0x6700, response: new Uint8Array() });
    expect(await rawOutcome(client, 4)).toBe('OTHER');
  });
});

describe('U2F', () => {
  const challenge = new Uint8Array(32).fill(7);
  const application = provider.sha256(new TextEncoder().encode(site));

  async function signed(rig: FaultRig, hash = application) {
    const u2f = await rig.u2f();
    const made = await u2f.register(challenge, application);
    const check = async () => {
      const { counter, signature, userPresence } = await u2f.authenticate(
        u2fControl.enforcePresence,
        challenge,
        application,
        made.keyHandle,
      );
      const result = new Uint8Array(5);
      result[0] = userPresence;
      new DataView(result.buffer).setUint32(1, counter);
      const { publicKey } = credentials(rig)[0]!;
      return {
        counter,
        userPresence,
        good: provider.verify(publicKey, concatBytes(hash, result, challenge), signature),
      };
    };
    return { u2f, made, check };
  }

  it('has its signature spoiled', async () => {
    const rig = createRig();
    const { check } = await signed(rig);
    rig.add('ctap.signature');
    expect(await check()).toMatchObject({ good: false, counter: 1 });
    expect(await check()).toMatchObject({ good: true, counter: 2 });
  });

  it('has its counter and its presence bent under a good signature', async () => {
    const rig = createRig();
    const { check } = await signed(rig);
    rig.add('ctap.counter', { how: 'jump', by: 41 });
    rig.add('ctap.flag', { flag: 'UP' });
    expect(await check()).toEqual({ good: true, counter: 42, userPresence: 0 });
    expect(await check()).toEqual({ good: true, counter: 2, userPresence: 1 });
  });

  it('signs for another application', async () => {
    const rig = createRig();
    const { check } = await signed(rig, provider.sha256(new TextEncoder().encode('attacker.example')));
    rig.add('ctap.rp-id-hash');
    expect(await check()).toMatchObject({ good: true });
    expect(await check()).toMatchObject({ good: false });
  });

  it('registers under another key handle, and attests it', async () => {
    const rig = createRig();
    rig.add('ctap.credential-id', { credentialId: 'AQID' });
    const u2f = await rig.u2f();
    const made = await u2f.register(challenge, application);
    expect(made.keyHandle).toEqual(Uint8Array.of(1, 2, 3));
    const data = concatBytes(Uint8Array.of(0), application, challenge, made.keyHandle, made.publicKey);
    const { batch } = rig.key.keystore.attestation()!;
    const { publicKey } = provider.importPrivateKey(coseAlgorithm.ES256, batch.privateKey);
    expect(provider.verify(publicKey, data, made.signature)).toBe(true);
    expect((await u2f.register(challenge, application)).keyHandle).toHaveLength(32);
  });

  it('attests with a wrong signature or another certificate', async () => {
    const rig = createRig();
    const { made, u2f } = await signed(rig);
    rig.add('attestation.signature', { how: 'empty' });
    await expect(u2f.register(challenge, application)).rejects.toBeInstanceOf(KeyResponseError);
    rig.add('attestation.foreign');
    expect((await u2f.register(challenge, application)).certificate).not.toEqual(made.certificate);
    expect((await u2f.register(challenge, application)).certificate).toEqual(made.certificate);
  });
});

describe('encoding', () => {
  async function responseTo(
    fault: string,
    parameters: Record<string, string | number>,
  ): Promise<[Uint8Array, Uint8Array]> {
    const rig = createRig();
    const client = await rig.client();
    const made = await client.makeCredential(registration());
    const { id } = credentials(rig)[0]!;
    const ask = async () =>
      (
        await client.send(
          2,
          new Map<number, string | Uint8Array | Map<string, string | Uint8Array>[]>([
            [1, site],
            [2, new Uint8Array(32)],
            [
              3,
              [
                new Map<string, string | Uint8Array>([
                  ['id', id],
                  ['type', 'public-key'],
                ]),
              ],
            ],
          ]),
        )
      ).response;
    rig.add(fault, parameters);
    const spoiled = await ask();
    rig.add(fault, parameters);
    await expect(client.getAssertion(assertion(allow(made)))).rejects.toBeInstanceOf(KeyResponseError);
    return [spoiled, await ask()];
  }

  it.each([
    ['key-order', /map keys are out of order/, 0],
    ['duplicate-key', /map keys are out of order or repeated/, undefined],
    ['long-integer', /not in its shortest form/, 1],
    ['indefinite-length', /indefinite/, 1],
  ])('%s is not canonical', async (how, problem, longer) => {
    const [spoiled, good] = await responseTo('ctap.cbor-not-canonical', { how });
    expect(() => scanCanonical(spoiled)).toThrow(problem);
    expect(scanCanonical(good)).toBe(good.length);
    // The length of a signature differs by a byte or two.
    if (longer !== undefined) expect(Math.abs(spoiled.length - good.length - longer)).toBeLessThanOrEqual(2);
  });

  it('trailing-byte: a byte follows', async () => {
    const [spoiled] = await responseTo('ctap.cbor-not-canonical', { how: 'trailing-byte' });
    expect(scanCanonical(spoiled)).toBe(spoiled.length - 1);
  });

  it('truncated: bytes are missing', async () => {
    const [spoiled] = await responseTo('ctap.cbor-truncated', { bytes: 3 });
    expect(() => scanCanonical(spoiled)).toThrow(/cut off/);
    const [empty] = await responseTo('ctap.cbor-truncated', { bytes: 7609 });
    expect(empty).toHaveLength(0);
  });
});
