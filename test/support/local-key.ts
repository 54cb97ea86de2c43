import { createAuthenticator } from '../../src/authenticator/authenticator.ts';
import { factoryState } from '../../src/authenticator/factory-state.ts';
import type { Profile } from '../../src/authenticator/profile.ts';
import { CtapClient } from '../../src/client/ctap-client.ts';
import { openHidChannel } from '../../src/client/hid-channel.ts';
import { ReportQueue } from '../../src/client/pipes/report-queue.ts';
import { U2fClient } from '../../src/client/u2f-client.ts';
import { ScriptedConsent } from '../../src/consent/scripted.ts';
import { coseAlgorithm } from '../../src/cose/algorithm.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { concatBytes } from '../../src/ctap/bytes.ts';
import { createCtapHidEngine } from '../../src/ctaphid/engine.ts';
import { createMemoryKeystore } from '../../src/keystore/memory.ts';
import type { MemoryKeystore } from '../../src/keystore/memory.ts';
import type { Attester } from '../../src/ports/attester.ts';
import type { CryptoProvider } from '../../src/ports/crypto.ts';
import type { KeyEvent } from '../../src/ports/events.ts';
import type { HidEndpoint } from '../../src/ports/hid.ts';
import type { HidPipe } from '../../src/ports/hid-pipe.ts';
import type { Random } from '../../src/ports/random.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';

/** A key that can do all that the core knows, with everything around it replaced by something a test controls. */
export interface LocalKey {
  readonly endpoint: HidEndpoint;
  readonly clock: FakeClock;
  readonly user: ScriptedConsent;
  readonly keystore: MemoryKeystore;
  readonly events: readonly KeyEvent[];
  /** A new host with a channel of its own. */
  connect(): Promise<CtapClient>;
  connectU2f(): Promise<U2fClient>;
  powerCycle(): void;
}

export const localProfile: Profile = {
  aaguid: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i),
  versions: ['U2F_V2', 'FIDO_2_0', 'FIDO_2_1'],
  algorithms: [coseAlgorithm.ES256, coseAlgorithm.EdDSA],
  extensions: ['credProtect', 'hmac-secret'],
  transports: ['usb'],
  firmwareVersion: 1,
  maxMsgSize: 7609,
  maxCredentialCountInList: 8,
  maxCredentialIdLength: 255,
  credentialIdLength: 32,
  maxDiscoverableCredentials: 25,
  pin: { protocols: [2, 1], maxRetries: 8, minLength: 4, maxLength: 63, noMcGaPermissions: false },
  accountChooser: false,
  credentialManagement: true,
  authenticatorConfig: false,
  uvAcfg: false,
  uvBioEnroll: false,
  perCredMgmtRo: true,
  makeCredUvNotRqd: true,
  attestation: 'packed-self',
  counter: 'per-credential',
  backupEligible: false,
  backupState: false,
  resetWindow: 10_000,
  userActionTimeout: 30_000,
};

export function localRandom(): Random {
  return { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
}

/** Attests with nothing or with the credential itself; U2F with a certificate that is a bare DER sequence. */
export function localAttester(provider: CryptoProvider): Attester {
  const u2fKey = provider.generateKeyPair(coseAlgorithm.ES256);
  return {
    attest: (request) => {
      const { algorithm, authData, clientDataHash } = request;
      if (request.kind === 'none') return Promise.resolve({ fmt: 'none', attStmt: new Map() });
      const sig = request.signWithCredential(concatBytes(authData, clientDataHash));
      return Promise.resolve({
        fmt: 'packed',
        attStmt: new Map<string, number | Uint8Array>([
          ['alg', algorithm],
          ['sig', sig],
        ]),
      });
    },
    signU2f: async (data) => {
      const { privateKey } = await u2fKey;
      return {
        certificate: Uint8Array.of(0x30, 0x82, 0x01, 0x00, ...new Uint8Array(256)),
        signature: provider.sign(coseAlgorithm.ES256, privateKey, data),
      };
    },
  };
}

/** The host's end of a key in this process. */
export function connectEndpoint(endpoint: HidEndpoint): HidPipe {
  const queue = new ReportQueue();
  const link = endpoint.connect({ send: (report) => queue.push(report.slice()) });
  return {
    write: (report) => {
      link.receive(report);
      return Promise.resolve();
    },
    read: (signal) => queue.read(signal),
    close: () => {
      link.close();
      queue.end();
      return Promise.resolve();
    },
  };
}

/** A fresh key whose profile is `localProfile` but for `changes`. */
export function createLocalKey(changes: Partial<Profile> = {}): LocalKey {
  const profile = { ...localProfile, ...changes };
  const [clock, random, provider] = [createFakeClock(), localRandom(), createNodeCrypto()];
  const user = new ScriptedConsent();
  const keystore = createMemoryKeystore({ random, factory: factoryState(profile, random) });
  const events: KeyEvent[] = [];
  const authenticator = createAuthenticator({
    name: 'local',
    profile,
    keystore,
    crypto: provider,
    clock,
    random,
    consent: user,
    attester: localAttester(provider),
    emit: (event) => void events.push(event),
  });
  const identity = {
    vendorId: 0x1209,
    productId: 0xf1d0,
    manufacturer: 'Fauxkey',
    product: 'Local key',
    serial: 'L1',
    version: [1, 0, 0],
  } as const;
  const endpoint = createCtapHidEngine({
    identity,
    handler: authenticator,
    clock,
    random,
    onPowerCycle: () => authenticator.powerCycle(),
    onDefect: (error) => void events.push({ type: 'defect', error }),
  });
  const open = () => openHidChannel({ pipe: connectEndpoint(endpoint), clock, random });
  return {
    endpoint,
    clock,
    user,
    keystore,
    events,
    connect: async () => new CtapClient(await open(), { crypto: provider, random }),
    connectU2f: async () => new U2fClient(await open()),
    powerCycle: () => endpoint.powerCycle(),
  };
}
