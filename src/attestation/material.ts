import type { AttestationMaterial, CertifiedKey, Keystore } from '../ports/keystore.ts';
import {
  createAuthority,
  createBatchCertificate,
  createEnterpriseCertificate,
  type AuthorityPorts,
} from './authority.ts';
import { sameBytes } from '../ctap/bytes.ts';
import { parseAttestationPem } from './pem.ts';
import { readCertificate } from './read-certificate.ts';

/** The part of a keystore that holds certificates. */
export type AttestationStore = Pick<Keystore, 'attestation' | 'setAttestation'>;

export interface MaterialOptions extends AuthorityPorts {
  readonly store: AttestationStore;
  /** 16 bytes. */
  readonly aaguid: Uint8Array;
}

/** Certificates on demand: what the store has, else made once and stored. One call after the other. */
export interface MaterialSource {
  /** Authority and batch certificate. */
  batch(): Promise<AttestationMaterial>;
  /** The same with an individual certificate. */
  enterprise(): Promise<AttestationMaterial & { readonly enterprise: CertifiedKey }>;
}

const deviceSerialSize = 8;

export function createMaterialSource(options: MaterialOptions): MaterialSource {
  const inTurn = createQueue();
  return {
    batch: () => inTurn(() => provideBatch(options)),
    enterprise: () =>
      inTurn(async () => {
        const material = await provideBatch(options);
        if (isFor(options.aaguid, material.enterprise)) {
          return { ...material, enterprise: material.enterprise };
        }
        const device = serialOf(material.enterprise) ?? options.random.bytes(deviceSerialSize);
        const enterprise = await createEnterpriseCertificate(options, material.root, options.aaguid, device);
        const complete = { ...material, enterprise };
        await options.store.setAttestation(complete);
        return complete;
      }),
  };
}

async function provideBatch(options: MaterialOptions): Promise<AttestationMaterial> {
  const { store, aaguid } = options;
  const stored = store.attestation();
  if (stored !== undefined && isFor(aaguid, stored.batch)) return stored;
  const root = stored?.root ?? (await createAuthority(options));
  const batch = await createBatchCertificate(options, root, aaguid);
  const material = { ...stored, root, batch };
  await store.setAttestation(material);
  return material;
}

/**
 * Stores the authority or certificate that a user gives as PEM (see parseAttestationPem) in place of what was there. A
 * missing batch certificate is made. Throws UsageError; rejects with KeystoreError.
 */
export async function giveAttestation(options: MaterialOptions, pem: string): Promise<AttestationMaterial> {
  const { root, batch } = parseAttestationPem(pem, options.crypto, options.aaguid);
  const material = { root, batch: batch ?? (await createBatchCertificate(options, root, options.aaguid)) };
  await options.store.setAttestation(material);
  return material;
}

/** A certificate of another AAGUID, from before the profile changed, would be refused by every verifier. */
function isFor(aaguid: Uint8Array, key: CertifiedKey | undefined): key is CertifiedKey {
  if (key === undefined) return false;
  const certified = readCertificate(key.certificate).aaguid;
  return certified === undefined || sameBytes(certified, aaguid);
}

/** The serial number stays when the certificate is renewed: it names the device (WebAuthn L3 §8.2.2). */
function serialOf(key: CertifiedKey | undefined): Uint8Array | undefined {
  return key && readCertificate(key.certificate).deviceSerial;
}

/** Runs tasks one after the other, whether or not they succeed. */
function createQueue(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}
