import { assembleKey } from '../../../src/app/create-key.ts';
import { importAttestation } from '../../../src/app/attestation-admin.ts';
import { parseProfile } from '../../../src/app/profile-file.ts';
import { resolveProfile } from '../../../src/app/profile-settings.ts';
import { defaultProfile } from '../../../src/authenticator/default-profile.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import { exportKey, importCredentials, parseExportDocument } from '../../../src/keystore/exchange.ts';
import { createMemoryKeystore } from '../../../src/keystore/memory.ts';
import { hidCommand } from '../../../src/ctaphid/command.ts';
import { broadcastChannel, buildInitPacket } from '../../../src/ctaphid/packet.ts';
import { describeFailure } from '../../../src/cli/failure.ts';
import type { Io } from '../../../src/cli/io.ts';
import { reportFailure } from '../../../src/cli/report-failure.ts';
import type { Dice } from '../../support/dice.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { bendJson, bendText, pick } from '../bend.ts';
import { textSeeds } from '../seeds.ts';
import type { FuzzTarget } from '../target.ts';
import { expectKind, Finding } from '../target.ts';

const crypto = createNodeCrypto();
const random = createSeededRandom('documents');
/** The certificate among the seeds is for this model. */
const profile = { ...defaultProfile, aaguid: Uint8Array.from({ length: 16 }, (_, index) => index) };
const init = buildInitPacket(broadcastChannel, hidCommand.init, 8, new Uint8Array(8));

/** A document of another program: taken whole, or refused with a sentence and nothing written. */
export const importTarget: FuzzTarget = {
  name: 'import',
  inputs: 500,
  open() {
    const seeds = textSeeds('import');
    return {
      make: (dice) => documentOf(dice, seeds),
      async feed(input) {
        const keystore = createMemoryKeystore({ random });
        const json = parsed(input as string);
        if (json === undefined) return;
        try {
          await importInto(keystore, json, 'fail');
        } catch (error) {
          expectSentence(error);
          if ([...keystore.all()].length > 0)
            throw new Finding('A document was refused, and half of it taken.');
          return;
        }
        // What was taken can be given again.
        const copy = createMemoryKeystore({ random });
        await importInto(
          copy,
          JSON.parse(JSON.stringify(exportKey(keystore, { withSecrets: true }))),
          'fail',
        );
        if ([...copy.all()].length !== [...keystore.all()].length)
          throw new Finding('Export and import differ.');
      },
      async probe() {
        const keystore = createMemoryKeystore({ random });
        await importInto(keystore, JSON.parse(seeds[0] ?? ''), 'replace');
        if ([...keystore.all()].length === 0) throw new Finding('A good document is refused.');
      },
    };
  },
};

/** A profile file: a key that works, or a sentence. */
export const profileTarget: FuzzTarget = {
  name: 'profile',
  inputs: 500,
  open() {
    const seeds = textSeeds('profile');
    return {
      make: (dice) => documentOf(dice, seeds),
      feed(input) {
        const json = parsed(input as string);
        if (json !== undefined) tryProfile(json);
      },
      probe: () => requireKey(resolveProfile(parseProfile(JSON.parse(seeds[0] ?? '')))),
    };
  },
};

/** Certificates and keys as text: taken, or refused with a sentence. */
export const pemTarget: FuzzTarget = {
  name: 'pem',
  inputs: 300,
  open() {
    const [root = '', leaf = '', key = ''] = textSeeds('pem');
    const parts = [root, leaf, key];
    const give = (pem: string) => importAttestation(createMemoryKeystore({ random }), crypto, profile, pem);
    return {
      make: (dice) =>
        bendPem(
          Array.from({ length: 1 + dice(4) }, () => pick(dice, parts)),
          dice,
        ),
      async feed(input) {
        try {
          await give(input as string);
        } catch (error) {
          expectSentence(error);
        }
      },
      probe: () => give(`${root}${leaf}${key}`),
    };
  },
};

function documentOf(dice: Dice, seeds: readonly string[]): string {
  const seed = pick(dice, seeds);
  return dice(6) === 0 ? bendText(seed, dice) : JSON.stringify(bendJson(JSON.parse(seed), dice));
}

/** Changes the DER inside of the armour as often as the text. */
function bendPem(parts: readonly string[], dice: Dice): string {
  const bent = parts.map((part) => {
    if (dice(3) === 0) return part;
    const [, label, base64] = /-----BEGIN (.*?)-----([^-]*)-----END/s.exec(part) ?? [];
    if (label === undefined || base64 === undefined || dice(4) === 0) return bendText(part, dice);
    const der = Buffer.from(base64, 'base64');
    der[dice(der.length)] = dice(256);
    const cut = dice(5) === 0 ? der.subarray(0, dice(der.length)) : der;
    return `-----BEGIN ${label}-----\n${cut.toString('base64')}\n-----END ${label}-----\n`;
  });
  return bent.join('');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    expectKind(error, 'SyntaxError');
    return undefined;
  }
}

/** What the command line makes of it is one printable sentence. */
function expectSentence(error: unknown): void {
  expectKind(error, 'UsageError');
  let told = '';
  const output = { write: (text: string) => (told += text) };
  reportFailure({ stderr: output, env: { NO_COLOR: '1' } } as unknown as Io, describeFailure(error), false);
  if (!/^fauxkey: [^\u0000-\u001f\u007f-\u009f]+\n/.test(told))
    throw new Finding(`No sentence: ${JSON.stringify(told)}`);
}

function importInto(
  keystore: ReturnType<typeof createMemoryKeystore>,
  json: unknown,
  onConflict: 'fail' | 'replace',
) {
  return importCredentials(keystore, parseExportDocument(json), {
    crypto,
    random,
    onConflict,
    withState: true,
  });
}

function tryProfile(json: unknown): void {
  try {
    requireKey(resolveProfile(parseProfile(json)));
  } catch (error) {
    expectSentence(error);
  }
}

function requireKey(profile: ReturnType<typeof resolveProfile>): void {
  let answers = 0;
  const key = assembleKey(profile, { crypto });
  key.endpoint.connect({ send: () => (answers += 1) }).receive(init);
  if (answers === 0) throw new Finding('A key was made that does not answer.');
}
