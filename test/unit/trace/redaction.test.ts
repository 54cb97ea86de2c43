import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { blank } from '../../../src/trace/redact.ts';
import type { Trace } from '../../../src/trace/trace.ts';
import {
  allow,
  assertion,
  bit,
  hmacSecretInput,
  pin,
  resident,
  tokenByPin,
  provider,
} from '../../support/protocol.ts';
import { createTracedKey } from './traced-key.ts';

/** Everything that a trace gives away, in all its forms, as one text of hex. */
function everything(trace: Trace, secrets: boolean): string {
  const packets = trace.entries({ secrets }).flatMap((entry) => entry.packets.map(({ report }) => report));
  const payloads = packets.map((report) => Buffer.from(report, 'base64url').toString('hex'));
  // Packets put together without their headers, in which a secret is cut.
  const joined = payloads
    .map((hex) => hex.slice(Number.parseInt(hex.slice(8, 10), 16) & 0x80 ? 14 : 10))
    .join('');
  return [joined, Buffer.from(trace.toJsonLines({ secrets })).toString(), ...payloads].join('\n');
}

/** A ceremony with every secret that a wire carries; what they were. */
async function tellSecrets() {
  const { client, key, trace } = createTracedKey();
  const host = await client();
  await host.clientPin.setPin(pin);
  const create = await tokenByPin(host, bit.mc | bit.ga);
  const blob = new Uint8Array(20).fill(0xb1);
  const made = await host.makeCredential(
    resident(1, {
      pinUvAuthToken: create,
      extensions: { 'hmac-secret': true, credBlob: blob, largeBlobKey: true },
    }),
  );
  const token = await tokenByPin(host, bit.ga);
  const secret = await host.clientPin.agree(2);
  const salts = new Uint8Array(32).fill(0x5a);
  const got = await host.getAssertion(
    assertion({
      ...allow(made),
      pinUvAuthToken: token,
      extensions: { 'hmac-secret': hmacSecretInput(secret, salts), credBlob: true, largeBlobKey: true },
    }),
  );
  const write = await tokenByPin(host, bit.lbw);
  const content = new Uint8Array(40).fill(0x1b);
  await host.largeBlobs.write(
    Uint8Array.from([...content, ...provider.sha256(content).subarray(0, 16)]),
    write,
  );
  return { host, key, trace, made, got, blob };
}

describe('secrets', () => {
  it('are not in what a trace shows, decoded or raw, unless they are asked for', async () => {
    const { blob, got, made, trace } = await tellSecrets();
    const wanted = [
      ['credBlob', blob],
      ['largeBlobKey', made.largeBlobKey!],
      ['largeBlobKey', got.largeBlobKey!],
      ['hmac-secret output', got.parsed.extensions!.get('hmac-secret') as Uint8Array],
    ] as const;
    const open = everything(trace, true);
    const closed = everything(trace, false);
    for (const [name, value] of wanted) {
      const forms = [Buffer.from(value).toString('hex'), Buffer.from(value).toString('base64url')];
      expect(
        forms.some((form) => open.includes(form)),
        name,
      ).toBe(true);
      expect(
        forms.some((form) => closed.includes(form)),
        name,
      ).toBe(false);
    }
    // What the platform encrypted is told nowhere but in the trace itself.
    const requests = trace.entries({ secrets: true }).flatMap(({ request }) => (request ? [request] : []));
    const ciphertexts = requests.flatMap(({ extensions, newPinEnc, pinHashEnc, pinUvAuthParam, set }) => [
      newPinEnc,
      pinHashEnc,
      pinUvAuthParam,
      set,
      (extensions as { 'hmac-secret'?: { saltEnc?: string } } | undefined)?.['hmac-secret']?.saltEnc,
    ]);
    const known = ciphertexts.filter((value) => typeof value === 'string');
    expect(known.length).toBeGreaterThanOrEqual(10);
    for (const value of known) {
      expect(closed).not.toContain(value);
      expect(closed).not.toContain(Buffer.from(value, 'base64url').toString('hex'));
    }
    const tokens = trace
      .entries({ secrets: true })
      .flatMap(({ response }) =>
        typeof response?.['pinUvAuthToken'] === 'string' ? [response['pinUvAuthToken']] : [],
      );
    expect(tokens).toHaveLength(3);
    for (const value of tokens) {
      expect(closed).not.toContain(Buffer.from(value, 'base64url').toString('hex'));
    }
  });

  it('leave their length behind, and everything else', async () => {
    const { trace } = await tellSecrets();
    const entries = trace.entries();
    expect(entries.every(({ redacted }) => redacted)).toBe(true);
    expect(trace.entries({ secrets: true }).some(({ redacted }) => redacted)).toBe(false);
    expect(entries.find(({ request }) => request?.['subCommand'] === 'setPin')?.request).toMatchObject({
      newPinEnc: 'redacted, 80 bytes',
      pinUvAuthParam: 'redacted, 32 bytes',
      keyAgreement: { kty: 'EC2' },
    });
    expect(entries.find(({ command }) => command === 'getAssertion')).toMatchObject({
      request: {
        rpId: 'example.com',
        pinUvAuthParam: 'redacted, 32 bytes',
        pinUvAuthProtocol: 2,
        extensions: {
          credBlob: true,
          'hmac-secret': {
            saltEnc: 'redacted, 48 bytes',
            saltAuth: 'redacted, 32 bytes',
            pinUvAuthProtocol: 2,
          },
        },
      },
      response: {
        largeBlobKey: 'redacted, 32 bytes',
        authData: { extensions: { 'hmac-secret': 'redacted, 48 bytes', credBlob: 'redacted, 20 bytes' } },
      },
    });
  });

  it('in packets are zero bytes, where everything else stays', async () => {
    const { trace } = await tellSecrets();
    const closed = trace.entries();
    const open = trace.entries({ secrets: true });
    for (const [index, entry] of closed.entries()) {
      for (const [at, { report }] of entry.packets.entries()) {
        const [shown, real] = [report, open[index]!.packets[at]!.report].map((text) =>
          Buffer.from(text, 'base64url'),
        );
        expect(shown).toHaveLength(64);
        for (const [position, byte] of shown!.entries()) expect([0, real![position]]).toContain(byte);
        expect(shown!.subarray(0, 5)).toEqual(real!.subarray(0, 5));
      }
    }
    const untouched = closed.filter(({ command }) => ['init', 'getInfo'].includes(command));
    for (const entry of untouched) {
      expect(entry.packets).toEqual(open.find(({ number }) => number === entry.number)!.packets);
    }
  });

  it('are not guessed in what does not decode: all of it goes', async () => {
    const { bench, clock, trace } = createTracedKey();
    const host = bench();
    const channel = host.open();
    const secret = Array.from({ length: 50 }, (_, index) => 0xa0 + index);
    host.sendInit(channel, hidCommand.cbor, 100, [0x06, ...secret]);
    host.sendContinuation(channel, 7, secret);
    host.sendMessage(channel, hidCommand.cbor, [0x06, 0xff, ...secret]);
    host.sendMessage(channel, hidCommand.cbor, [0x06, 0xa1, 0x05, 0x58, 50, ...secret]);
    await clock.advanceAsync(1000);
    const hex = Buffer.from(Uint8Array.from(secret.slice(0, 8))).toString('hex');
    expect(everything(trace, true)).toContain(hex);
    expect(everything(trace, false)).not.toContain(hex);
  });
});

it('blanks every occurrence of a secret, and nothing else', () => {
  const content = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(content, content, fc.uint8Array({ minLength: 1, maxLength: 16 }), (before, after, secret) => {
      const payload = Uint8Array.from([...before, ...secret, ...after, ...secret]);
      const clean = blank(payload, [secret, new Uint8Array()]);
      expect(clean).toHaveLength(payload.length);
      const at = Buffer.from(clean).indexOf(Buffer.from(secret));
      if (secret.some((byte) => byte !== 0)) expect(at).toBe(-1);
      for (const [index, byte] of clean.entries()) expect([0, payload[index]]).toContain(byte);
    }),
  );
  expect(blank(Uint8Array.of(1, 2, 3), [])).toEqual(Uint8Array.of(1, 2, 3));
});
