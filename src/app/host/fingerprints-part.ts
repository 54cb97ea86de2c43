import type { EnrolledFinger, FingerprintsPart } from '../../control/handle.ts';
import type { BioEnrollmentCapability } from '../../authenticator/profile.ts';
import { sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { UsageError } from '../../ports/errors.ts';
import type { PartContext } from './credentials-part.ts';

/** Length of the ids that are made here, bytes. */
const idLength = 8;

export function createFingerprintsPart({ keystore, profile, random }: PartContext): FingerprintsPart {
  const list = (): readonly EnrolledFinger[] => keystore.state().fingerprints;
  const others = (id: Uint8Array) => list().filter((finger) => !sameBytes(finger.id, id));
  return {
    list,
    async add(name) {
      const sensor = requireSensor(profile.bioEnrollment);
      if (list().length >= sensor.maxTemplates)
        throw new UsageError(`The sensor knows ${sensor.maxTemplates} fingers at most.`, {
          problem: 'refused',
        });
      const finger = { id: random.bytes(idLength), ...named(name, sensor) };
      await keystore.updateState({ fingerprints: [...list(), finger] });
      return finger;
    },
    async rename(id, name) {
      const sensor = requireSensor(profile.bioEnrollment);
      if (others(id).length === list().length)
        throw new UsageError('There is no finger with this id.', { problem: 'not-found' });
      const renamed = { id, ...named(name, sensor) };
      const fingerprints = list().map((finger) => (sameBytes(finger.id, id) ? renamed : finger));
      await keystore.updateState({ fingerprints });
      return renamed;
    },
    async remove(id) {
      requireSensor(profile.bioEnrollment);
      const left = others(id);
      const isThere = left.length < list().length;
      if (isThere) await keystore.updateState({ fingerprints: left });
      return isThere;
    },
  };
}

function requireSensor(sensor: BioEnrollmentCapability | undefined): BioEnrollmentCapability {
  if (sensor) return sensor;
  throw new UsageError('This kind of key has no fingerprint sensor.', { problem: 'unsupported' });
}

function named(
  name: string | undefined,
  { maxFriendlyName }: BioEnrollmentCapability,
): { readonly name?: string } {
  if (name === undefined || name === '') return {};
  if (utf8Bytes(name).length > maxFriendlyName)
    throw new UsageError(`A finger's name has at most ${maxFriendlyName} bytes in UTF-8.`);
  return { name };
}
