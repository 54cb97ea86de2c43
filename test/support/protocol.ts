import { afterEach, expect } from 'vitest';
import type { Profile } from '../../src/authenticator/profile.ts';
import { cborMap } from '../../src/cbor/map.ts';
import type { CborValue } from '../../src/cbor/value.ts';
import { publicKeyDescriptors, publicKeyParameters } from '../../src/client/ctap-client.ts';
import type {
  CtapClient,
  GetAssertionParameters,
  MakeCredentialParameters,
} from '../../src/client/ctap-client.ts';
import type { PinProtocolVersion, PinUvAuthToken, SharedSecret } from '../../src/client/pin-protocol.ts';
import type { Registration } from '../../src/client/responses.ts';
import { createNodeCrypto } from '../../src/crypto/node/provider.ts';
import { utf8Bytes } from '../../src/ctap/bytes.ts';
import { statusName } from '../../src/ctap/status.ts';
import type { Keystore } from '../../src/ports/keystore.ts';
import { createLocalKey } from './local-key.ts';
import type { LocalKey } from './local-key.ts';

export const provider = createNodeCrypto();
export const site = 'example.com';
export const clientDataHash = provider.sha256(utf8Bytes('client data'));
export const siteHash = provider.sha256(utf8Bytes(site));
export const pin = '1234';

/** Permission bits as the digest has them, on purpose not taken from the code. */
export const bit = { mc: 0x01, ga: 0x02, cm: 0x04, be: 0x08, lbw: 0x10, acfg: 0x20, pcmr: 0x40 } as const;

export const fingerprintUv = { modality: 'fingerprint', maxRetries: 5, attemptsPerOperation: 3 } as const;

/** A key that knows no client PIN. */
export const withoutPin = { pin: undefined } as unknown as Partial<Profile>;

export interface Opened {
  readonly key: LocalKey;
  readonly client: CtapClient;
}

const opened: LocalKey[] = [];

/** A fresh key and a host. After the test it is checked that no command met a defect of the key. */
export async function openKey(changes: Partial<Profile> = {}): Promise<Opened> {
  const key = createLocalKey(changes);
  opened.push(key);
  return { key, client: await key.connect() };
}

/** Pulls the key out and puts it back, with a new host. */
export async function replugged(opened: Opened): Promise<Opened> {
  opened.key.powerCycle();
  return { ...opened, client: await opened.key.connect() };
}

/** Sets the PIN, and fetches a token for authenticatorConfig with it. */
export async function configToken({ client }: Opened): Promise<PinUvAuthToken> {
  await client.clientPin.setPin(pin);
  return tokenByPin(client, bit.acfg);
}

export function defectsOf(key: LocalKey): unknown[] {
  return key.events.flatMap((event) => (event.type === 'defect' ? [event.error] : []));
}

afterEach(() => {
  for (const key of opened.splice(0)) expect(defectsOf(key)).toEqual([]);
});

/** `OK` or the name of the status that the key answered with. Any other failure is passed on. */
export async function outcome(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return 'OK';
  } catch (error) {
    const { statusName: name } = error as { statusName?: string };
    if (name === undefined) throw error;
    return name;
  }
}

/** The status that a raw command is answered with. */
export async function rawOutcome(
  client: CtapClient,
  command: number,
  parameters?: CborValue,
): Promise<string> {
  return statusName((await client.send(command, parameters)).status);
}

export function registration(changes: Partial<MakeCredentialParameters> = {}): MakeCredentialParameters {
  return {
    clientDataHash,
    rp: { id: site, name: 'Example' },
    user: { id: Uint8Array.of(1), name: 'alice', displayName: 'Alice' },
    pubKeyCredParams: publicKeyParameters(-7),
    ...changes,
  };
}

export function resident(id: number, changes: Partial<MakeCredentialParameters> = {}) {
  return registration({
    user: { id: Uint8Array.of(id), name: `user ${id}`, displayName: `User ${id}` },
    options: { rk: true },
    ...changes,
  });
}

export function assertion(changes: Partial<GetAssertionParameters> = {}): GetAssertionParameters {
  return { rpId: site, clientDataHash, ...changes };
}

export function allow(...made: readonly Registration[]): Pick<GetAssertionParameters, 'allowList'> {
  return { allowList: publicKeyDescriptors(...made.map(idOf)) };
}

export function idOf(made: Registration): Uint8Array {
  return made.parsed.attested!.credentialId;
}

export function tokenByPin(
  client: CtapClient,
  permissions: number,
  rpId = site,
  protocol: PinProtocolVersion = 2,
): Promise<PinUvAuthToken> {
  return client.clientPin.getPinUvAuthTokenUsingPin(
    pin,
    { permissions, ...((permissions & (bit.mc | bit.ga)) !== 0 && { rpId }) },
    protocol,
  );
}

/** The map of hmac-secret for salts of any length that the cipher takes. */
export function hmacSecretInput(
  secret: SharedSecret,
  salts: Uint8Array,
  changes: readonly (readonly [number, CborValue | undefined])[] = [],
) {
  const saltEnc = secret.encrypt(salts);
  return cborMap(
    new Map<number, CborValue | undefined>([
      [1, secret.keyAgreement],
      [2, saltEnc],
      [3, secret.authenticate(saltEnc)],
      [4, secret.version],
      ...changes,
    ]),
  );
}

/** Everything that the key remembers durably, in a form that can be compared. */
export function snapshot(keystore: Keystore): string {
  return JSON.stringify([keystore.state(), [...keystore.all()]], (_name, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    return value instanceof Map ? [...value] : value;
  });
}
