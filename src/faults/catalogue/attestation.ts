import { createAttester } from '../../attestation/attester.ts';
import {
  createAuthority,
  createBatchCertificate,
  type AuthorityPorts,
  type Validity,
} from '../../attestation/authority.ts';
import { createMaterialSource } from '../../attestation/material.ts';
import type { AttestationRequest, AttestationStatement, Attester } from '../../ports/attester.ts';
import type { CertifiedKey } from '../../ports/keystore.ts';
import type { Bending, FaultDefinition, StatementMaker } from '../effect.ts';
import { bytesOf, define, numberOf, registrations, textOf } from './define.ts';
import { howToSpoil, spoilSignature } from './signatures.ts';

const dayInMs = 86_400_000;
const lifetimeInDays = 365;

function portsOf({ clock, key, random }: Bending): AuthorityPorts {
  return { clock, random, crypto: key.crypto };
}

/** The authority that the key attests under; an unknown one if its private key is not there. */
async function ownAuthority(bending: Bending): Promise<CertifiedKey> {
  const { aaguid, keystore: store } = bending.key;
  const { root } = await createMaterialSource({ ...portsOf(bending), store, aaguid }).batch();
  return root.privateKey.length > 0 ? root : createAuthority(portsOf(bending));
}

/** Attests under a certificate for some AAGUID, in place of whatever the key would do. */
async function attestUnder(
  bending: Bending,
  root: CertifiedKey,
  aaguid: Uint8Array,
  validity?: Validity,
): Promise<StatementMaker & Pick<Attester, 'signU2f'>> {
  const batch = await createBatchCertificate(portsOf(bending), root, aaguid, validity);
  const store = { attestation: () => ({ root, batch }), setAttestation: () => Promise.resolve() };
  const attester = createAttester({ ...portsOf(bending), store, aaguid });
  return {
    attest: (request) => attester.attest({ ...request, kind: kindWithCertificate(request) }),
    signU2f: (data) => attester.signU2f(data),
  };
}

function kindWithCertificate({ kind }: AttestationRequest): AttestationRequest['kind'] {
  return kind === 'fido-u2f' ? kind : 'packed';
}

async function expired(bending: Bending): Promise<StatementMaker & Pick<Attester, 'signU2f'>> {
  const notAfter = bending.clock.wall() - numberOf(bending.parameters, 'days') * dayInMs;
  const notBefore = notAfter - lifetimeInDays * dayInMs;
  return attestUnder(bending, await ownAuthority(bending), bending.key.aaguid, { notBefore, notAfter });
}

function spoilStatement(statement: AttestationStatement, bending: Bending): AttestationStatement | undefined {
  const sig = statement.attStmt.get('sig');
  if (!(sig instanceof Uint8Array)) return undefined;
  return { ...statement, attStmt: new Map([...statement.attStmt, ['sig', spoilSignature(sig, bending)]]) };
}

function rename(statement: AttestationStatement, { parameters }: Bending): AttestationStatement | undefined {
  const fmt = textOf(parameters, 'format');
  return fmt === statement.fmt ? undefined : { ...statement, fmt };
}

const certificates = 'Where the key would attest with no certificate, it does so with this one.';

/** Faults of attestation; the page sees them only if it asked for attestation. */
export const attestationFaults: readonly FaultDefinition[] = [
  define(
    'attestation',
    {
      name: 'attestation.signature',
      commands: registrations,
      parameters: [howToSpoil],
      does: 'Signs the attestation statement wrongly. Nothing happens to a key that attests with `none`.',
      expect: 'A relying party that asked for attestation refuses the registration.',
      outcome:
        'SimpleWebAuthn: `verified` is false for a flipped bit; random bytes are thrown out by its parser, an empty signature with “Input buffer has zero length”.',
    },
    { at: 'statement', bend: spoilStatement },
    { at: 'u2f-attestation', bend: spoilSignature },
  ),
  define(
    'attestation',
    {
      name: 'attestation.expired',
      commands: registrations,
      parameters: [
        {
          name: 'days',
          type: 'integer',
          minimum: 1,
          maximum: 3650,
          default: 30,
          doc: 'How long ago the certificate expired.',
        },
      ],
      does: `Attests with a certificate that has expired. ${certificates}`,
      expect: 'A relying party that verifies attestation refuses the registration.',
      outcome: 'SimpleWebAuthn: “Certificate not good after …”.',
    },
    { at: 'attester', replace: expired },
  ),
  define(
    'attestation',
    {
      name: 'attestation.foreign',
      commands: registrations,
      does: `Attests with a certificate of an authority that nobody knows, and a signature that fits it. ${certificates}`,
      expect:
        'A relying party that trusts certain authorities refuses the registration; one that trusts none learns nothing from the certificate.',
      outcome:
        'SimpleWebAuthn with the key’s root among its root certificates: “x5c could not be chained to any specified trust anchor”.',
    },
    {
      at: 'attester',
      replace: async (bending) =>
        attestUnder(bending, await createAuthority(portsOf(bending)), bending.key.aaguid),
    },
  ),
  define(
    'attestation',
    {
      name: 'attestation.aaguid',
      commands: registrations,
      parameters: [
        {
          name: 'aaguid',
          type: 'bytes',
          length: 16,
          default: '3q2-796tvu_erb7v3q2-7w',
          doc: 'The AAGUID in the certificate; deadbeef four times unless given.',
        },
      ],
      does: `Attests with a certificate for another model than the authenticator data name. ${certificates}`,
      expect: 'A relying party refuses the registration (WebAuthn L3 §8.2).',
      outcome:
        'SimpleWebAuthn: “Certificate extension id-fido-gen-ce-aaguid … was present but not equal to attestation statement AAGUID”.',
    },
    {
      at: 'attester',
      replace: async (bending) =>
        attestUnder(
          bending,
          await ownAuthority(bending),
          bytesOf(bending.parameters, 'aaguid') ?? bending.key.aaguid,
        ),
    },
  ),
  define(
    'attestation',
    {
      name: 'attestation.format',
      commands: ['makeCredential'],
      parameters: [
        {
          name: 'format',
          type: 'text',
          default: 'example-format',
          doc: 'The name to give to the format of the statement.',
        },
      ],
      does: 'Calls the attestation statement by the name of another format.',
      expect:
        'A relying party refuses a format that it does not know, and a statement that does not fit its format.',
      outcome: 'SimpleWebAuthn: “Unsupported Attestation Format: example-format”.',
    },
    { at: 'statement', bend: rename },
  ),
];
