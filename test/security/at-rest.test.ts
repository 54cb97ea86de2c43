import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from 'node:process';

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { app } from '../../src/app/app.ts';
import { createKey } from '../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../src/app/system.ts';
import { CtapClient, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { openKeystoreDirectory } from '../../src/keystore/lmdb.ts';

const crypto = createNodeCrypto();
const [site, account, pin] = ['a-site-nobody-else-has.example', 'an account nobody else has', '8316'];
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fauxkey-at-rest-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

function open(passphrase?: string) {
  return openKeystoreDirectory({
    directory,
    random: systemRandom,
    clock: systemClock,
    ...(passphrase !== undefined && { passphrase }),
  });
}

/** Ceremonies as a browser has them; resolves to everything that must not be found on the disk. */
async function use(passphrase?: string): Promise<Map<string, Uint8Array>> {
  const store = await open(passphrase);
  const keystore = await store.open('a key nobody else has');
  const key = createKey({ keystore, profile: { attestation: 'packed' } });
  const channel = await openHidChannel({ pipe: key.connect(), random: systemRandom, clock: systemClock });
  const client = new CtapClient(channel, { crypto, random: systemRandom });
  await client.clientPin.setPin(pin);
  const secrets = new Map<string, Uint8Array>([
    ['site', Buffer.from(site)],
    ['hash of the site', crypto.sha256(Buffer.from(site))],
    ['account', Buffer.from(account)],
    ['hash of the PIN', crypto.sha256(Buffer.from(pin)).subarray(0, 16)],
    ['name of the key', Buffer.from('a key nobody else has')],
    ['persistent token', keystore.state().persistentPinUvAuthToken],
  ]);
  for (const id of [1, 2]) {
    const request = { permissions: 3, rpId: site };
    const pinUvAuthToken = await client.clientPin.getPinUvAuthTokenUsingPin(pin, request);
    await client.makeCredential({
      clientDataHash: new Uint8Array(32),
      rp: { id: site, name: account },
      user: { id: Buffer.from(`${account} ${String(id)}`), name: account, displayName: account },
      pubKeyCredParams: publicKeyParameters(-7),
      options: { rk: true },
      extensions: { credBlob: Buffer.from('a blob nobody else has'), 'hmac-secret': true },
      pinUvAuthToken,
    });
  }
  for (const [index, credential] of [...keystore.all()].entries()) {
    secrets.set(`id ${String(index)}`, credential.id);
    // The scalar stands inside of the PKCS#8 form; no sixteen bytes of either are to be found.
    secrets.set(`private key ${String(index)}`, credential.privateKey.slice(36, 68));
    secrets.set(`credRandom ${String(index)}`, credential.credRandomWithUv);
  }
  secrets.set('blob', Buffer.from('a blob nobody else has'));
  secrets.set('attestation key', keystore.attestation()?.batch.privateKey.slice(36, 68) ?? new Uint8Array());
  // What is deleted stays in free pages for a while.
  await keystore.remove([[...keystore.all()][0]?.id ?? new Uint8Array()]);
  await client.close();
  await store.close();
  return secrets;
}

function found(secrets: ReadonlyMap<string, Uint8Array>): string[] {
  const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  expect(files.length).toBeGreaterThanOrEqual(2);
  return [...secrets].flatMap(([name, secret]) => {
    expect(secret.length, name).toBeGreaterThanOrEqual(16);
    return files.some((file) => file.includes(Buffer.from(secret).subarray(0, 16))) ? [name] : [];
  });
}

describe('the files of a store', () => {
  it.each([undefined, 'open sesame'])('hold nothing in the clear (passphrase: %s)', async (passphrase) => {
    const secrets = await use(passphrase);
    expect(found(secrets)).toEqual([]);
    // The search finds what is there.
    const header = new Map([['header', Buffer.from('fauxkey keystore')]]);
    expect(found(header)).toEqual(['header']);
    if (passphrase !== undefined) expect(readdirSync(directory)).not.toContain('keystore.key');
  });

  it.skipIf(platform === 'win32')('are their owner’s alone, and are made so again', async () => {
    await use();
    const modes = () =>
      [directory, ...readdirSync(directory).map((name) => join(directory, name))].map(
        (path) => statSync(path).mode & 0o777,
      );
    expect(modes()).toEqual([0o700, ...modes().slice(1).fill(0o600)]);
    chmodSync(directory, 0o755);
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o644);
    const store = await open();
    expect(store.repairs).toHaveLength(modes().length);
    await store.close();
    expect(modes()).toEqual([0o700, ...modes().slice(1).fill(0o600)]);
  });
});

describe('a passphrase', () => {
  const choose = (passphrase: string | undefined) => () => Promise.resolve(passphrase);
  const selection = (passphrase?: string) => ({
    key: 'a key nobody else has',
    keystore: directory,
    ...(passphrase !== undefined && { passphrase }),
  });
  const accounts = async (passphrase?: string): Promise<number> => {
    const key = await app.openKey(selection(passphrase), { create: false });
    const { length } = key.credentials();
    await key.close();
    return length;
  };
  const refused: unknown = expect.objectContaining({ name: 'KeystoreError', problem: 'passphrase' });

  it('that is wrong or missing opens nothing and changes nothing', async () => {
    await use('open sesame');
    const before = readFileSync(join(directory, 'data.mdb'));
    for (const wrong of [undefined, 'open barley', 'Open sesame', 'open sesame '])
      await expect(accounts(wrong)).rejects.toEqual(refused);
    await expect(app.setPassphrase(selection('open barley'), choose('mine'))).rejects.toEqual(refused);
    expect(readFileSync(join(directory, 'data.mdb')).equals(before)).toBe(true);
    expect(await accounts('open sesame')).toBe(1);
  });

  it('is set, changed and taken away, and only the last one counts', async () => {
    await use();
    await app.setPassphrase(selection(), choose('first'));
    expect(readdirSync(directory)).not.toContain('keystore.key');
    await expect(accounts()).rejects.toEqual(refused);
    await app.setPassphrase(selection('first'), choose('second'));
    await expect(accounts('first')).rejects.toEqual(refused);
    expect(await accounts('second')).toBe(1);
    await app.setPassphrase(selection('second'), choose(undefined));
    await expect(accounts('second')).rejects.toEqual(refused);
    expect(await accounts()).toBe(1);
    await expect(app.setPassphrase(selection(), choose(''))).rejects.toThrow('empty');
    expect(await accounts()).toBe(1);
  });

  it('does not disturb a key that runs while it is changed', async () => {
    await use();
    const store = await open();
    const keystore = await store.open('a key nobody else has');
    await app.setPassphrase(selection(), choose('first'));
    await keystore.updateState({ pinRetries: 4 });
    expect(keystore.state().pinRetries).toBe(4);
    await store.close();
    expect(await accounts('first')).toBe(1);
  });

  it('that is forgotten leaves no way in, also not by a key file', async () => {
    await use('open sesame');
    const other = mkdtempSync(join(tmpdir(), 'fauxkey-at-rest-'));
    onTestFinished(() => rmSync(other, { recursive: true, force: true }));
    const foreign = await openKeystoreDirectory({
      directory: other,
      random: systemRandom,
      clock: systemClock,
    });
    await foreign.close();
    const { copyFileSync } = await import('node:fs');
    copyFileSync(join(other, 'keystore.key'), join(directory, 'keystore.key'));
    await expect(accounts()).rejects.toEqual(refused);
  });
});
