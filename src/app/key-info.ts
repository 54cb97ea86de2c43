import { describeGetInfo } from '../attestation/metadata-get-info.ts';
import { createAttester } from '../attestation/attester.ts';
import { createAuthenticator } from '../authenticator/authenticator.ts';
import type { Profile } from '../authenticator/profile.ts';
import { decodeGetInfo } from '../client/responses.ts';
import { createAutomaticConsent } from '../consent/automatic.ts';
import type { CoseAlgorithm } from '../cose/algorithm.ts';
import { toHex } from '../ctap/bytes.ts';
import { ctapCommand } from '../ctap/command.ts';
import type { GetInfoResponse } from '../ctap/messages/get-info.ts';
import type { LeaseHolder } from '../keystore/lease.ts';
import type { CryptoProvider } from '../ports/crypto.ts';
import type { Keystore } from '../ports/keystore.ts';
import type { KeyInfo } from './api-admin.ts';
import type { RememberedProfile } from './named-profile.ts';
import { systemClock, systemRandom } from './system.ts';

/** What a key is at this moment. All of it follows from profile and store, so that a running key need not be asked. */
export async function describeKey(
  running: LeaseHolder | undefined,
  { name, changed, profile, remembered }: RememberedProfile,
  keystore: Keystore,
  crypto: CryptoProvider,
): Promise<KeyInfo> {
  const getInfo = await askForInfo(profile, keystore, crypto);
  return {
    profile: { name, changed, remembered },
    aaguid: toHex(profile.aaguid),
    versions: getInfo?.versions ?? profile.versions,
    extensions: getInfo?.extensions ?? [],
    algorithms: (getInfo?.algorithms ?? []) as readonly CoseAlgorithm[],
    options: Object.fromEntries(getInfo?.options ?? []),
    ...(getInfo && { getInfo: { ...describeGetInfo(getInfo), ...stateMembers(getInfo) } }),
    signCount: keystore.state().signCount,
    ...(running && { running: { pid: running.pid, addresses: running.addresses ?? [] } }),
  };
}

/** Members of getInfo that change with use, which metadata leaves out. */
function stateMembers({
  remainingDiscoverableCredentials,
  uvCountSinceLastPinEntry,
}: GetInfoResponse): Readonly<Record<string, number>> {
  return {
    ...(remainingDiscoverableCredentials !== undefined && { remainingDiscoverableCredentials }),
    ...(uvCountSinceLastPinEntry !== undefined && { uvCountSinceLastPinEntry }),
  };
}

/** authenticatorGetInfo of a key with this profile and state; undefined if it speaks U2F only. */
export async function askForInfo(
  profile: Profile,
  keystore: Keystore,
  crypto: CryptoProvider,
): Promise<GetInfoResponse | undefined> {
  const ports = { keystore, crypto, clock: systemClock, random: systemRandom };
  const authenticator = createAuthenticator({
    ...ports,
    name: '',
    profile,
    consent: createAutomaticConsent(systemClock),
    attester: createAttester({ ...ports, store: keystore, aaguid: profile.aaguid }),
    emit: () => undefined,
  });
  if (!authenticator.speaksCtap2) return undefined;
  const transaction = {
    channel: 1,
    transport: 'usb',
    signal: new AbortController().signal,
    setStatus: () => undefined,
  } as const;
  const response = await authenticator.cbor(Uint8Array.of(ctapCommand.getInfo), transaction);
  return decodeGetInfo(response.subarray(1));
}
