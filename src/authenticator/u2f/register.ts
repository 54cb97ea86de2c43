import { coseAlgorithm } from '../../cose/algorithm.ts';
import { coseLabel, type CoseKey } from '../../cose/key.ts';
import { concatBytes } from '../../ctap/bytes.ts';
import { credProtectLevel, type Credential } from '../../ports/credential.ts';
import { firstCounter } from '../counter.ts';
import type { Environment } from '../environment.ts';
import { U2fError, type CommandApdu } from './apdu.ts';
import type { U2fTouch } from './touch.ts';

const reservedByte = 0x05;

/** U2F_REGISTER (U2F raw messages §4). P1 is ignored. */
export async function register(
  environment: Environment,
  touch: U2fTouch,
  { data }: CommandApdu,
): Promise<Uint8Array> {
  if (data.length !== 64) throw new U2fError('WRONG_LENGTH');
  const challenge = data.slice(0, 32);
  const application = data.slice(32);
  if (!(await touch.collect('register', application))) throw new U2fError('CONDITIONS_NOT_SATISFIED');
  const credential = await createCredential(environment, application);
  const publicKey = uncompressedPoint(credential.publicKey);
  const attested = concatBytes(Uint8Array.of(0), application, challenge, credential.id, publicKey);
  const { certificate, signature } = await environment.attester.signU2f(attested);
  await environment.keystore.add(credential, firstCounter(environment).state);
  return concatBytes(
    Uint8Array.of(reservedByte),
    publicKey,
    Uint8Array.of(credential.id.length),
    credential.id,
    certificate,
    signature,
  );
}

async function createCredential(environment: Environment, application: Uint8Array): Promise<Credential> {
  const { clock, crypto, profile, random } = environment;
  const { privateKey, publicKey } = await crypto.generateKeyPair(coseAlgorithm.ES256);
  return {
    id: random.bytes(profile.credentialIdLength),
    rpIdHash: application,
    discoverable: false,
    protocol: 'u2f',
    algorithm: coseAlgorithm.ES256,
    privateKey,
    publicKey,
    signCount: firstCounter(environment).stored,
    credProtect: credProtectLevel.userVerificationOptional,
    credRandomWithUv: random.bytes(32),
    credRandomWithoutUv: random.bytes(32),
    thirdPartyPayment: false,
    backupEligible: false,
    backupState: false,
    createdAt: clock.wall(),
  };
}

/** A P-256 public key as 04, x, y: 65 bytes. */
function uncompressedPoint(publicKey: CoseKey): Uint8Array {
  const x = publicKey.get(coseLabel.x);
  const y = publicKey.get(coseLabel.y);
  if (!(x instanceof Uint8Array) || !(y instanceof Uint8Array)) throw new U2fError('INTERNAL');
  return concatBytes(Uint8Array.of(0x04), x, y);
}
