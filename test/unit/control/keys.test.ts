import { describe, expect, it } from 'vitest';
import { coseAlgorithm } from '../../../src/cose/algorithm.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { assertion, clientOf, createBench, registration } from './support.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const crypto = createNodeCrypto();

describe('keys over HTTP', () => {
  it('are made, read, moved and removed', async () => {
    const { call, host } = createBench();
    const made = await call('POST', '/keys', {
      id: 'blue',
      name: 'Blue key',
      profile: { extends: 'ctap2.1', maxDiscoverableCredentials: 5 },
      usb: { vendorId: 0x1050, serial: '777' },
      consent: { action: 'deny' },
    });
    expect(made).toMatchObject({
      status: 201,
      json: {
        id: 'blue',
        name: 'Blue key',
        plugged: true,
        usb: { vendorId: 0x1050, serial: '777', version: [0, 1, 0] },
        profile: { changed: true },
        consent: { action: 'deny' },
        credentialCount: 0,
        pinSet: false,
      },
    });
    expect(await call('POST', '/keys', { id: 'blue' })).toMatchObject({
      status: 409,
      json: { code: 'conflict' },
    });
    expect(await call('POST', '/keys')).toMatchObject({
      status: 201,
      json: { id: 'key-1', consent: { action: 'allow' } },
    });
    expect(await call('GET', '/keys')).toMatchObject({ json: [{ id: 'blue' }, { id: 'key-1' }] });
    expect(await call('POST', '/keys/blue/unplug')).toMatchObject({ status: 200, json: { plugged: false } });
    expect(await call('POST', '/keys/blue/power-cycle')).toMatchObject({
      status: 409,
      json: { code: 'unplugged' },
    });
    expect(await call('POST', '/keys/blue/plug')).toMatchObject({ status: 200, json: { plugged: true } });
    expect(await call('POST', '/keys/blue/power-cycle')).toMatchObject({ status: 200 });
    expect(await call('PATCH', '/keys/blue', { consent: { action: 'ask' } })).toMatchObject({
      json: { consent: { action: 'ask' } },
    });
    expect(await call('GET', '/keys/blue/info')).toMatchObject({ status: 200, json: { getInfo: {} } });
    expect(await call('GET', '/keys/blue/attestation')).toMatchObject({
      json: { root: expect.stringContaining('BEGIN CERTIFICATE') as string, metadata: {} },
    });
    expect(await call('DELETE', '/keys/blue')).toMatchObject({ status: 204 });
    expect(await call('DELETE', '/keys/blue')).toMatchObject({ status: 404, json: { code: 'no-such-key' } });
    expect(host.list().map(({ id }) => id)).toEqual(['key-1']);
  });

  it.each([
    [{ profile: 'no-such-profile' }],
    [{ profile: '/etc/passwd' }],
    [{ profile: { versions: [] } }],
    [{ profile: { extends: 'nothing' } }],
    [{ transports: ['carrier-pigeon'] }],
    [{ id: '../x' }],
    [{ snapshot: { format: 'something' } }],
  ])('are not made of nonsense: %j', async (settings) => {
    const bench = createBench();
    expect(await bench.call('POST', '/keys', settings)).toMatchObject({
      status: 422,
      json: { code: 'invalid' },
    });
    expect(bench.host.list()).toEqual([]);
    expect(bench.events).toEqual([]);
  });

  it('are copied whole, and only when the secrets are asked for', async () => {
    const { call, clock, host } = createBench();
    const key = await host.create({ id: 'k', profile: 'ctap2.1' });
    const client = await clientOf(key, clock);
    await client.makeCredential(registration);
    await call('PUT', '/keys/k/pin', { pin: '2580' });
    expect(await call('GET', '/keys/k/snapshot')).toMatchObject({ status: 422 });
    expect(await call('GET', '/keys/k/snapshot?secrets=false')).toMatchObject({ status: 422 });
    const { json: snapshot } = await call('GET', '/keys/k/snapshot?secrets=true');
    await client.getAssertion(assertion).catch(() => undefined);
    await call('POST', '/keys/k/reset');
    expect(await call('GET', '/keys/k')).toMatchObject({ json: { credentialCount: 0, pinSet: false } });
    expect(await call('PUT', '/keys/k/snapshot', snapshot)).toMatchObject({
      status: 200,
      json: { credentialCount: 1, pinSet: true },
    });
    expect(await call('GET', '/keys/k/snapshot?secrets=true')).toMatchObject({ json: snapshot });
    const copy = await call('POST', '/keys', { id: 'copy', snapshot });
    expect(copy).toMatchObject({ status: 201, json: { credentialCount: 1, pinSet: true } });
    expect(await call('GET', '/keys/copy/snapshot?secrets=true')).toMatchObject({ json: snapshot });
  });

  it('are not changed by a snapshot that is wrong anywhere', async () => {
    const { call, clock, host } = createBench();
    const key = await host.create({ id: 'k' });
    await (await clientOf(key, clock)).makeCredential(registration);
    interface Parts {
      credentials: Record<string, unknown>[];
      state: Record<string, unknown>;
    }
    const { json } = await call('GET', '/keys/k/snapshot?secrets=true');
    const good = json as Parts;
    const [credential = {}] = good.credentials;
    const bare = { ...credential };
    delete bare['privateKey'];
    const wrong: unknown[] = [
      { ...good, version: 2 },
      { ...good, state: { ...good.state, pinRetries: '8' } },
      { ...good, state: { ...good.state, colour: 'red' } },
      { ...good, state: { ...good.state, deviceIdentifier: 'AAAA' } },
      { ...good, credentials: [bare] },
      { ...good, credentials: [credential, credential] },
      { ...good, credentials: [{ ...credential, privateKey: 'AAAA' }] },
      { ...good, attestation: {} },
    ];
    for (const snapshot of wrong) {
      const answer = await call('PUT', '/keys/k/snapshot', snapshot);
      expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } });
    }
    expect(await call('GET', '/keys/k/snapshot?secrets=true')).toMatchObject({ json: good });
  });
});

describe('credentials over HTTP', () => {
  it('show no secret unless it is asked for', async () => {
    const { call, clock, host } = createBench();
    const key = await host.create({ id: 'k' });
    await (await clientOf(key, clock)).makeCredential(registration);
    const [stored] = key.credentials.list();
    const id = text(stored!.id);
    const list = await call('GET', '/keys/k/credentials');
    const one = await call('GET', `/keys/k/credentials/${id}`);
    const open = await call('GET', `/keys/k/credentials/${id}?secrets=true`);
    expect(list.json).toEqual([one.json]);
    expect(one.json).toMatchObject({
      credentialId: id,
      rpId: 'example.com',
      userHandle: 'AQID',
      userName: 'ada',
      isResidentCredential: true,
      signCount: 0,
      algorithm: 'ES256',
    });
    expect(JSON.stringify(one.json)).not.toContain(text(stored!.privateKey));
    expect(JSON.stringify(one.json)).not.toMatch(/privateKey|hmacSecret|largeBlobKey/);
    expect(open.json).toMatchObject({ privateKey: text(stored!.privateKey), hmacSecret: {} });
    expect(await call('GET', '/keys/k/credentials?rpId=other.example')).toMatchObject({ json: [] });
  });

  it.each(Object.entries(coseAlgorithm).filter(([, id]) => crypto.algorithms.includes(id)))(
    'can be put in with a private key of %s, and sign with it',
    async (algorithm, id) => {
      const { call, clock, host } = createBench();
      const key = await host.create({ id: 'k' });
      const pair = await crypto.generateKeyPair(id);
      const added = await call('POST', '/keys/k/credentials', {
        credentialId: 'AAECAwQFBgcICQoLDA0ODw',
        rpId: 'example.com',
        userHandle: 'AQID',
        userName: 'ada',
        algorithm,
        privateKey: text(pair.privateKey),
        signCount: 41,
        backupEligibility: true,
        backupState: true,
      });
      expect(added).toMatchObject({
        status: 201,
        json: { algorithm, signCount: 41, isResidentCredential: true },
      });
      const answer = await (await clientOf(key, clock)).getAssertion(assertion);
      const signed = Buffer.concat([answer.authData, assertion.clientDataHash]);
      expect(crypto.verify(pair.publicKey, signed, answer.signature)).toBe(true);
      expect(Buffer.from(answer.authData).readUInt32BE(33)).toBe(42);
      expect(answer.authData[32]! & 0x18).toBe(0x18);
    },
  );

  it('get an id and a private key of their own when none is given', async () => {
    const { call, clock, host } = createBench();
    const key = await host.create({ id: 'k' });
    const { status } = await call('POST', '/keys/k/credentials', { rpId: 'example.com', userHandle: 'AQID' });
    expect(status).toBe(201);
    const answer = await (await clientOf(key, clock)).getAssertion(assertion);
    const [stored] = key.credentials.list();
    const signed = Buffer.concat([answer.authData, assertion.clientDataHash]);
    expect(crypto.verify(stored!.publicKey, signed, answer.signature)).toBe(true);
  });

  it('are refused when they cannot be, with nothing written', async () => {
    const { call, host } = createBench();
    const key = await host.create({ id: 'k' });
    const good = { credentialId: 'AAECAw', rpId: 'example.com', userHandle: 'AQID' };
    await call('POST', '/keys/k/credentials', good);
    const { privateKey } = await crypto.generateKeyPair(coseAlgorithm.EdDSA);
    const cases: [unknown, number, string][] = [
      [good, 409, 'conflict'],
      [{ ...good, credentialId: 'BBBB' }, 409, 'conflict'],
      [{ rpId: 'a', privateKey: 'AAAA' }, 422, 'invalid'],
      [{ rpId: 'a', algorithm: 'ES256', privateKey: text(privateKey) }, 422, 'invalid'],
      [{ rpId: 'a', isResidentCredential: true }, 422, 'invalid'],
      [{ rpId: 'a', userName: 'ada' }, 422, 'invalid'],
      [{ rpId: 'a', backupState: true }, 422, 'invalid'],
      [{ rpId: 'a', algorithm: 'ROT13' }, 422, 'invalid'],
      [{ rpId: 'a', signCount: 2 ** 32 }, 422, 'invalid'],
    ];
    for (const [body, status, code] of cases)
      expect(await call('POST', '/keys/k/credentials', body)).toMatchObject({ status, json: { code } });
    expect(key.credentials.list()).toHaveLength(1);
  });

  it('can be changed and removed', async () => {
    const { call, host } = createBench();
    const key = await host.create({ id: 'k' });
    await call('POST', '/keys/k/credentials', {
      credentialId: 'AAECAw',
      rpId: 'example.com',
      userHandle: 'AQID',
      signCount: 9,
    });
    const path = '/keys/k/credentials/AAECAw';
    expect(
      await call('PATCH', path, {
        signCount: 3,
        backupEligibility: true,
        backupState: true,
        userName: 'grace',
        userDisplayName: 'Grace',
        credProtect: 3,
        credBlob: 'AQ',
        largeBlob: text(new Uint8Array(500)),
      }),
    ).toMatchObject({
      status: 200,
      json: {
        signCount: 3,
        backupEligibility: true,
        backupState: true,
        userName: 'grace',
        userDisplayName: 'Grace',
        credProtect: 3,
        credBlob: 'AQ',
        largeBlob: { originalSize: 500 },
      },
    });
    const { json } = await call('PATCH', path, { credBlob: null, largeBlob: null, userName: '' });
    expect(Object.keys(json)).not.toContain('credBlob');
    expect(Object.keys(json)).not.toContain('largeBlob');
    expect(Object.keys(json)).not.toContain('userName');
    const senseless = await call('PATCH', path, { backupEligibility: false });
    expect((senseless.json as { message: string }).message).toBe(
      'A credential that is backed up has to be eligible for it (WebAuthn L3 §6.1.3).',
    );
    expect(await call('PATCH', path, { backupEligibility: false, credProtect: 1 })).toMatchObject({
      status: 422,
    });
    expect(await call('GET', path)).toMatchObject({ json: { credProtect: 3, backupState: true } });
    expect(await call('PATCH', '/keys/k/credentials/BBBB', {})).toMatchObject({ status: 404 });
    expect(await call('DELETE', path)).toMatchObject({ status: 204 });
    expect(await call('DELETE', path)).toMatchObject({ status: 404, json: { code: 'no-such-credential' } });
    await call('POST', '/keys/k/credentials', { rpId: 'a' });
    await call('POST', '/keys/k/credentials', { rpId: 'b' });
    expect(await call('DELETE', '/keys/k/credentials')).toMatchObject({ json: { removed: 2 } });
    expect(key.credentials.list()).toEqual([]);
  });
});

describe('PIN and fingers over HTTP', () => {
  it('are set, changed, counted, blocked and removed', async () => {
    const { call, host } = createBench();
    await host.create({ id: 'k' });
    const pin = '/keys/k/pin';
    expect(await call('GET', pin)).toMatchObject({
      json: { supported: true, set: false, retriesLeft: 8, maxRetries: 8, changeRequired: false },
    });
    expect(await call('PUT', pin, { pin: '123' })).toMatchObject({ status: 409, json: { code: 'refused' } });
    expect(await call('PUT', pin, { pin: '12345' })).toMatchObject({ status: 200, json: { set: true } });
    expect(await call('PUT', pin, { pin: '13579', oldPin: '99999' })).toMatchObject({ status: 409 });
    expect(await call('GET', pin)).toMatchObject({ json: { retriesLeft: 7 } });
    expect(await call('PUT', pin, { pin: '13579', oldPin: '12345' })).toMatchObject({
      json: { set: true, retriesLeft: 8 },
    });
    expect(await call('PATCH', pin, { retriesLeft: 9 })).toMatchObject({ status: 422 });
    expect(
      await call('PATCH', pin, { retriesLeft: 0, changeRequired: true, uvRetriesLeft: 0 }),
    ).toMatchObject({
      json: { retriesLeft: 0, changeRequired: true, uvRetriesLeft: 0 },
    });
    expect(await call('PUT', pin, { pin: 'abcd', oldPin: '13579' })).toMatchObject({ status: 409 });
    expect(await call('PUT', pin, { pin: '1' })).toMatchObject({ status: 409 });
    expect(await call('GET', pin)).toMatchObject({ json: { set: true, retriesLeft: 0 } });
    expect(await call('PUT', pin, { pin: 'abcd' })).toMatchObject({
      json: { retriesLeft: 8, changeRequired: false },
    });
    expect(await call('DELETE', pin)).toMatchObject({ status: 204 });
    expect(await call('DELETE', pin)).toMatchObject({ status: 409 });
    expect(await call('PATCH', pin, { changeRequired: true })).toMatchObject({ status: 409 });
  });

  it('are looked after on a key with a sensor only', async () => {
    const { call, host } = createBench();
    await host.create({ id: 'k', profile: 'fingerprint' });
    await host.create({ id: 'plain', profile: 'ctap2.0' });
    const fingers = '/keys/k/fingerprints';
    const { json, status } = await call('POST', fingers, { name: 'thumb' });
    const { id } = json as { id: string };
    expect([status, json]).toMatchObject([201, { name: 'thumb' }]);
    expect(await call('PATCH', `${fingers}/${id}`, { name: 'left thumb' })).toMatchObject({
      json: { id, name: 'left thumb' },
    });
    expect(await call('GET', fingers)).toMatchObject({ json: [{ id, name: 'left thumb' }] });
    expect(await call('POST', fingers, { name: 'x'.repeat(200) })).toMatchObject({ status: 422 });
    let last = 201;
    for (let count = 0; last === 201 && count < 100; count++) last = (await call('POST', fingers)).status;
    expect(last).toBe(409);
    expect(await call('DELETE', `${fingers}/${id}`)).toMatchObject({ status: 204 });
    expect(await call('DELETE', `${fingers}/${id}`)).toMatchObject({ status: 404 });
    expect(await call('PATCH', `${fingers}/${id}`, { name: 'x' })).toMatchObject({ status: 404 });
    expect(await call('POST', '/keys/plain/fingerprints')).toMatchObject({
      status: 409,
      json: { code: 'unsupported' },
    });
  });
});
