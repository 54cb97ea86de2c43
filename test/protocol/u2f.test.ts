import { beforeEach, describe, expect, it } from 'vitest';
import type { U2fClient } from '../../src/client/u2f-client.ts';
import { u2fControl } from '../../src/client/u2f-client.ts';
import { publicKeyDescriptors, publicKeyParameters } from '../../src/client/ctap-client.ts';
import { encodeCoseKey } from '../../src/cose/public-key.ts';
import { concatBytes, utf8Bytes } from '../../src/ctap/bytes.ts';
import { fromHex } from '../support/hex.ts';
import {
  assertion,
  bit,
  clientDataHash,
  fingerprintUv,
  idOf,
  openKey,
  outcome,
  pin,
  provider,
  registration,
  resident,
  site,
  siteHash,
  snapshot,
  tokenByPin,
} from '../support/protocol.ts';
import type { Opened } from '../support/protocol.ts';

const challenge = new Uint8Array(32).fill(7);
const otherHash = provider.sha256(utf8Bytes('example.org'));
const { checkOnly, dontEnforcePresence, enforcePresence } = u2fControl;

let opened: Opened;
let u2f: U2fClient;
beforeEach(async () => {
  opened = await openKey();
  u2f = await opened.key.connectU2f();
});

async function word(run: Promise<unknown>): Promise<number> {
  try {
    await run;
    return 0x9000;
  } catch (error) {
    return (error as { statusWord: number }).statusWord;
  }
}

const register = (application = siteHash) => u2f.register(challenge, application);
const sign = (control: number, handle: Uint8Array, application = siteHash) =>
  u2f.authenticate(control, challenge, application, handle);
const questions = () => opened.key.user.questions;

/** The public key of a registration as the crypto provider takes it. */
function coseKey(point: Uint8Array) {
  return encodeCoseKey(-7, { kty: 'EC2', curve: 'P-256', x: point.slice(1, 33), y: point.slice(33) });
}

describe('U2F APDUs', () => {
  const raw = async (hex: string) => (await u2f.send(fromHex(hex))).statusWord.toString(16);
  const body = '00'.repeat(64);

  it.each([
    ['VERSION, four bytes', '00030000', '9000'],
    ['VERSION with a short Le', '0003000000', '9000'],
    ['VERSION with an extended Le', '00030000000000', '9000'],
    ['VERSION of nine bytes', '000300000000000000', '9000'],
    ['VERSION with data', '0003000001aa', '6700'],
    ['REGISTER, short', `0001000040${body}`, '9000'],
    ['REGISTER, short with Le', `0001000040${body}00`, '9000'],
    ['REGISTER, extended', `00010000000040${body}`, '9000'],
    ['REGISTER, extended with Le', `00010000000040${body}0000`, '9000'],
    ['REGISTER with P1 03', `00010300000040${body}0000`, '9000'],
    ['REGISTER with P1 80', `00018000000040${body}0000`, '9000'],
    ['REGISTER without data', '00010000', '6700'],
    ['REGISTER with 63 bytes', `000100003f${body.slice(2)}`, '6700'],
    ['REGISTER with 65 bytes', `0001000041${body}00`, '6700'],
    ['Lc that is too long', '000100004000', '6700'],
    ['bytes behind Le', `0001000040${body}000000`, '6700'],
    ['extended Lc that is cut', '000100000001', '6700'],
    ['three bytes', '000300', '6700'],
    ['one byte', '00', '6700'],
    ['an unknown INS', '00770000', '6d00'],
    ['a vendor INS', '00400000', '6d00'],
    ['a wrong CLA', '80030000', '6e00'],
    ['a wrong CLA before an unknown INS', '80770000', '6e00'],
    ['a wrong CLA before a wrong length', '800100004000', '6e00'],
    ['an unknown INS before a wrong length', '007700004000', '6d00'],
    ['AUTHENTICATE without data', '00020300', '6700'],
    ['AUTHENTICATE with L that does not fit', `0002030041${body}05`, '6700'],
    ['AUTHENTICATE with a wrong length before a bad P1', `0002990041${body}05`, '6700'],
    ['AUTHENTICATE with a bad P1', `0002990041${body}00`, '6a80'],
    ['AUTHENTICATE with an empty handle', `0002030041${body}00`, '6a80'],
  ])('%s', async (_what, hex, expected) => {
    expect(await raw(hex)).toBe(expected);
    expect(await u2f.version()).toBe('U2F_V2');
  });
});

describe('U2F REGISTER', () => {
  it('makes a key that signs, attested over the right bytes', async () => {
    const made = await register();
    expect(made.publicKey[0]).toBe(4);
    expect(made.keyHandle).toHaveLength(32);
    expect(questions()).toMatchObject([{ kind: 'presence', purpose: 'register' }]);
    const stored = opened.key.keystore.findById(made.keyHandle);
    expect(stored).toMatchObject({
      protocol: 'u2f',
      discoverable: false,
      credProtect: 1,
      rpIdHash: siteHash,
    });
    const used = await sign(enforcePresence, made.keyHandle);
    const counter = Uint8Array.of(0, 0, 0, used.counter);
    const signed = concatBytes(siteHash, Uint8Array.of(1), counter, challenge);
    expect(provider.verify(coseKey(made.publicKey), signed, used.signature)).toBe(true);
  });

  it('makes another key each time', async () => {
    const [one, two] = [await register(), await register()];
    expect(one.keyHandle).not.toEqual(two.keyHandle);
    expect(await word(sign(checkOnly, one.keyHandle))).toBe(0x6985);
  });
});

describe('U2F AUTHENTICATE', () => {
  it('knows handles of this key and application alone, before it asks', async () => {
    const { keyHandle } = await register();
    const asked = questions().length;
    for (const control of [checkOnly, enforcePresence, dontEnforcePresence]) {
      expect(await word(sign(control, new Uint8Array(32)))).toBe(0x6a80);
      expect(await word(sign(control, keyHandle, otherHash))).toBe(0x6a80);
      expect(await word(sign(control, keyHandle.subarray(1)))).toBe(0x6a80);
    }
    expect(questions()).toHaveLength(asked);
  });

  it('only checks with 07: no touch, no counter', async () => {
    const { keyHandle } = await register();
    const before = snapshot(opened.key.keystore);
    const asked = questions().length;
    expect(await word(sign(checkOnly, keyHandle))).toBe(0x6985);
    expect(snapshot(opened.key.keystore)).toBe(before);
    expect(questions()).toHaveLength(asked);
  });

  it('signs without a touch with 08, and says so', async () => {
    const { keyHandle } = await register();
    const asked = questions().length;
    const used = await sign(dontEnforcePresence, keyHandle);
    expect(used).toMatchObject({ userPresence: 0, counter: 1 });
    expect(questions()).toHaveLength(asked);
    expect((await sign(enforcePresence, keyHandle)).counter).toBe(2);
  });
});

describe('U2F presence: hosts poll', () => {
  let touch: (answer: 'approve' | 'deny') => void;
  let withdrawn = 0;
  beforeEach(() => {
    withdrawn = 0;
    opened.key.user.otherwise(
      (_question, signal) =>
        new Promise((resolve) => {
          touch = resolve;
          signal.addEventListener('abort', () => {
            withdrawn++;
            resolve('ignore');
          });
        }),
    );
  });
  const poll = async () => {
    const result = await word(register());
    await opened.key.clock.advanceAsync(200);
    return result;
  };

  it('answers 6985 at once until the user has touched, and then once', async () => {
    expect([await poll(), await poll(), await poll()]).toEqual([0x6985, 0x6985, 0x6985]);
    expect(questions()).toHaveLength(1);
    touch('approve');
    expect(await poll()).toBe(0x9000);
    expect(await poll()).toBe(0x6985);
    expect(questions()).toHaveLength(2);
  });

  it('keeps an approval for 30 seconds', async () => {
    await poll();
    touch('approve');
    await opened.key.clock.advanceAsync(29_000);
    expect(await poll()).toBe(0x9000);
    await poll();
    touch('approve');
    await opened.key.clock.advanceAsync(30_001);
    expect(await poll()).toBe(0x6985);
    expect(questions()).toHaveLength(3);
  });

  it('stays denied while the host goes on', async () => {
    await poll();
    touch('deny');
    for (let i = 0; i < 30; i++) expect(await poll()).toBe(0x6985);
    expect(questions()).toHaveLength(1);
    await opened.key.clock.advanceAsync(5_000);
    expect(await poll()).toBe(0x6985);
    expect(questions()).toHaveLength(2);
  });

  it('takes the question away when the host is gone', async () => {
    await poll();
    await opened.key.clock.advanceAsync(1_000);
    expect(withdrawn).toBe(0);
    await opened.key.clock.advanceAsync(10_000);
    expect(withdrawn).toBe(1);
  });

  it('is for the request that was asked about', async () => {
    await poll();
    touch('approve');
    await opened.key.clock.advanceAsync(0);
    expect(await word(register(otherHash))).toBe(0x6985);
    expect(questions()).toHaveLength(2);
  });

  it('forgets at a power cycle', async () => {
    await poll();
    touch('approve');
    await opened.key.clock.advanceAsync(0);
    opened.key.powerCycle();
    u2f = await opened.key.connectU2f();
    expect(await word(register())).toBe(0x6985);
  });

  it('makes nothing without a touch', async () => {
    for (let i = 0; i < 3; i++) await poll();
    expect([...opened.key.keystore.all()]).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    await poll();
    await opened.key.clock.advanceAsync(60_000);
    expect(opened.key.clock.pending).toBe(0);
  });
});

describe('U2F and CTAP2 §10', () => {
  it('a U2F credential signs for CTAP2 when it is on the allow list', async () => {
    const made = await register();
    const allowList = publicKeyDescriptors(made.keyHandle);
    const used = await opened.client.getAssertion(assertion({ allowList }));
    expect(used.user).toBeUndefined();
    const signed = concatBytes(used.authData, clientDataHash);
    expect(provider.verify(coseKey(made.publicKey), signed, used.signature)).toBe(true);
    expect(await outcome(opened.client.getAssertion(assertion()))).toBe('NO_CREDENTIALS');
    expect(await outcome(opened.client.getAssertion(assertion({ rpId: 'example.org', allowList })))).toBe(
      'NO_CREDENTIALS',
    );
  });

  it('a U2F credential is excluded', async () => {
    const made = await register();
    const request = registration({ excludeList: publicKeyDescriptors(made.keyHandle) });
    expect(await outcome(opened.client.makeCredential(request))).toBe('CREDENTIAL_EXCLUDED');
  });

  it.each([
    ['plain', registration(), 0x9000],
    ['discoverable', resident(1), 0x9000],
    ['credProtect 2', registration({ extensions: { credProtect: 2 } }), 0x9000],
    ['credProtect 3', registration({ extensions: { credProtect: 3 } }), 0x6a80],
    ['EdDSA', registration({ pubKeyCredParams: publicKeyParameters(-8) }), 0x6a80],
  ])('a CTAP2 credential, %s', async (_what, request, expected) => {
    const made = await opened.client.makeCredential(request);
    expect(await word(sign(enforcePresence, idOf(made)))).toBe(expected);
    expect(await word(sign(checkOnly, idOf(made)))).toBe(expected === 0x9000 ? 0x6985 : 0x6a80);
    expect(await word(sign(checkOnly, idOf(made), otherHash))).toBe(0x6a80);
  });

  it('signs for a CTAP2 credential with its own key', async () => {
    const made = await opened.client.makeCredential(registration());
    const used = await sign(enforcePresence, idOf(made));
    const signed = concatBytes(siteHash, Uint8Array.of(1, 0, 0, 0, used.counter), challenge);
    expect(provider.verify(made.parsed.attested!.publicKey, signed, used.signature)).toBe(true);
  });

  it('spends no token of CTAP2', async () => {
    await opened.client.clientPin.setPin(pin);
    const pinUvAuthToken = await tokenByPin(opened.client, bit.mc);
    await register();
    expect(await outcome(opened.client.makeCredential(registration({ pinUvAuthToken })))).toBe('OK');
  });

  it('names the site when it can', async () => {
    const made = await opened.client.makeCredential(resident(1));
    await sign(enforcePresence, idOf(made));
    expect(questions().at(-1)).toMatchObject({ purpose: 'sign-in', site });
  });
});

describe('U2F under alwaysUv §7.2.4', () => {
  it.each([{}, { builtInUv: fingerprintUv }])('is off, and not among the versions: %j', async (more) => {
    const key = await openKey({ alwaysUv: true, makeCredUvNotRqd: false, ...more });
    expect((await key.client.getInfo()).versions).not.toContain('U2F_V2');
    const host = await key.key.connectU2f();
    await expect(host.version()).rejects.toThrow();
  });
});
