import { describe, expect, it } from 'vitest';
import { openRealKey } from '../support/real-key.ts';
import { registration } from '../support/protocol.ts';
import { publicKeyParameters } from '../../src/client/ctap-client.ts';

type Kind = 'none' | 'packed-self' | 'packed' | 'fido-u2f';
/** What comes back: the format, and whether by a certificate. */
type Attested = 'none' | 'packed by itself' | 'packed by certificate' | 'fido-u2f by certificate';

/**
 * attestationFormatsPreference (CTAP 2.3 §6.1.2 step 18): exactly `none` is nothing at all, else the format with the
 * lowest index that the key has, else what it has. One row for each kind of key and preference.
 */
const rows: readonly (readonly [Kind, readonly string[] | undefined, Attested])[] = [
  ['none', undefined, 'none'],
  ['none', [], 'none'],
  ['none', ['packed'], 'packed by itself'],
  ['none', ['fido-u2f'], 'none'],
  ['none', ['packed', 'none'], 'packed by itself'],
  ['packed-self', undefined, 'packed by itself'],
  ['packed-self', ['none'], 'none'],
  ['packed-self', ['fido-u2f', 'packed'], 'packed by itself'],
  ['packed-self', ['tpm', 'android-key'], 'packed by itself'],
  ['packed-self', ['PACKED', 'none'], 'none'],
  ['packed', undefined, 'packed by certificate'],
  ['packed', ['none'], 'none'],
  ['packed', ['tpm', 'packed', 'none'], 'packed by certificate'],
  ['packed', ['none', 'packed'], 'none'],
  ['fido-u2f', undefined, 'fido-u2f by certificate'],
  ['fido-u2f', [], 'fido-u2f by certificate'],
  ['fido-u2f', ['none'], 'none'],
  ['fido-u2f', ['packed', 'fido-u2f'], 'packed by itself'],
  ['fido-u2f', ['fido-u2f', 'packed'], 'fido-u2f by certificate'],
  ['fido-u2f', ['tpm'], 'fido-u2f by certificate'],
];

describe('attestationFormatsPreference §6.1.2', () => {
  it.each(rows)('a key of the kind %s, asked for %j, answers %s', async (attestation, preference, wanted) => {
    const { client } = await openRealKey({ profile: { attestation } });
    const made = await client.makeCredential(
      registration(preference && { attestationFormatsPreference: preference }),
    );
    const by = made.attStmt.has('x5c') ? 'by certificate' : 'by itself';
    expect(made.fmt === 'none' ? 'none' : `${made.fmt} ${by}`).toBe(wanted);
    if (made.fmt === 'none') expect(made.attStmt.size).toBe(0);
    const zeros = made.parsed.attested?.aaguid.every((byte) => byte === 0);
    expect(zeros).toBe(made.fmt === 'fido-u2f');
  });

  it('never gives fido-u2f to a credential that U2F does not know', async () => {
    const { client } = await openRealKey({ profile: { attestation: 'fido-u2f', algorithms: [-8, -9, -7] } });
    for (const alg of [-8, -9]) {
      const made = await client.makeCredential(
        registration({
          pubKeyCredParams: publicKeyParameters(alg),
          attestationFormatsPreference: ['fido-u2f'],
        }),
      );
      expect([made.fmt, made.attStmt.has('x5c')]).toEqual(['packed', false]);
    }
  });

  it('is announced without none', async () => {
    const { client } = await openRealKey({ profile: { attestation: 'fido-u2f' } });
    expect((await client.getInfo()).attestationFormats).toEqual(['fido-u2f', 'packed']);
  });
});
