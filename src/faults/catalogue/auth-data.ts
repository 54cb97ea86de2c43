import { authDataFlag } from '../../ctap/auth-data.ts';
import { bigEndian, sameBytes, utf8Bytes } from '../../ctap/bytes.ts';
import { counterOf, flagsOf, joinAuthData, patch, splitAuthData, withFlags } from '../auth-data-parts.ts';
import type { Bending, FaultDefinition } from '../effect.ts';
import { assertionCommands, bytesOf, define, numberOf, textOf } from './define.ts';

/** The value, unless the fault changed nothing. */
function ifChanged(before: Uint8Array, after: Uint8Array): Uint8Array | undefined {
  return sameBytes(before, after) ? undefined : after;
}

function bendRpIdHash(authData: Uint8Array, { key, parameters }: Bending): Uint8Array | undefined {
  const hash = key.crypto.sha256(utf8Bytes(textOf(parameters, 'rpId')));
  return ifChanged(authData, patch(authData, 0, hash));
}

type FlagName = keyof typeof authDataFlag;
const flagNames = Object.keys(authDataFlag) as readonly FlagName[];

function bendFlag(authData: Uint8Array, { parameters }: Bending): Uint8Array | undefined {
  const name = flagNames.find((known) => known === parameters['flag']);
  if (name === undefined) return undefined;
  const bit = authDataFlag[name];
  const flags = flagsOf(authData);
  return ifChanged(authData, withFlags(authData, parameters['set'] === true ? flags | bit : flags & ~bit));
}

const highestCounter = 0xffff_ffff;

function bendCounter(authData: Uint8Array, bending: Bending): Uint8Array | undefined {
  const { parameters } = bending;
  const real = counterOf(authData);
  const by = numberOf(parameters, 'by');
  const counter = {
    frozen: () => frozenCounter(real, bending),
    back: () => Math.max(real - 1 - by, 0),
    jump: () => Math.min(real + by, highestCounter),
    zero: () => 0,
  }[textOf(parameters, 'how')];
  return counter && ifChanged(authData, patch(authData, 33, bigEndian(counter(), 4)));
}

/** The value before the first request that the rule saw of this credential. */
function frozenCounter(real: number, { memory, request }: Bending): number {
  const name = request.signer ?? '';
  const frozen = memory.get(name) ?? Math.max(real - 1, 0);
  memory.set(name, frozen);
  return frozen;
}

function bendAaguid(authData: Uint8Array, { parameters }: Bending): Uint8Array | undefined {
  const parts = splitAuthData(authData);
  const aaguid = bytesOf(parameters, 'aaguid');
  if (!parts || parts.aaguid.length === 0 || !aaguid) return undefined;
  return ifChanged(authData, joinAuthData({ ...parts, aaguid }));
}

/** Faults of authenticator data under a signature that is good. */
export const authDataFaults: readonly FaultDefinition[] = [
  define(
    'ctap',
    {
      name: 'ctap.rp-id-hash',
      parameters: [
        { name: 'rpId', type: 'text', default: 'attacker.example', doc: 'The RP ID whose hash is put in.' },
      ],
      does: 'Names another RP in the authenticator data and signs that.',
      expect:
        'A browser ends the ceremony; a relying party refuses, since the answer may have been made for another site.',
      outcome: 'SimpleWebAuthn: “Unexpected RP ID hash”. In a browser: UnknownError or NotAllowedError.',
    },
    { at: 'auth-data', bend: bendRpIdHash },
  ),
  define(
    'ctap',
    {
      name: 'ctap.flag',
      parameters: [
        { name: 'flag', type: 'choice', choices: flagNames, default: 'UP', doc: 'The flag to change.' },
        { name: 'set', type: 'boolean', default: false, doc: 'The flag is set; otherwise it is cleared.' },
      ],
      does: 'Sets or clears one flag of the authenticator data and signs that. What the flag stands for is not changed.',
      expect:
        'A relying party refuses an answer without UP, one without UV where it asked for verification, BS without BE, a BE other than at registration, and data that do not fit AT and ED; it lets a UV pass that it did not ask for.',
      outcome:
        'SimpleWebAuthn at registration: “User presence was required, but user was not present” (UP), “User verification was required, but user could not be verified” (UV), “Leftover bytes detected while parsing authenticator data” (AT cleared) or what its parser says (AT or ED set); at sign-in: “User not present during authentication” (UP), “User verification required, but user could not be verified” (UV); BS without BE: “Single-device credential indicated that it was backed up, which should be impossible.” A changed BE is for the relying party to compare.',
    },
    { at: 'auth-data', bend: bendFlag },
  ),
  define(
    'ctap',
    {
      name: 'ctap.counter',
      commands: assertionCommands,
      parameters: [
        {
          name: 'how',
          type: 'choice',
          choices: ['frozen', 'back', 'jump', 'zero'],
          default: 'back',
          doc: 'The counter stands still at its last value, goes back behind it, leaps ahead, or is zero.',
        },
        {
          name: 'by',
          type: 'integer',
          minimum: 1,
          maximum: highestCounter,
          default: 1000,
          doc: 'How far it goes back (to zero at most) or leaps.',
        },
      ],
      does: 'Sends another signature counter and signs it. The true one goes on underneath, so that a site which took a leap sees a step back when the fault is over.',
      expect:
        'A relying party that knows a higher counter refuses the sign-in or raises an alarm, since this may be a copy of the key, and keeps the counter that it has; a leap ahead is in order.',
      outcome:
        'SimpleWebAuthn: “Response counter value N was lower than expected M” for frozen, back and zero; a leap is verified. One sign-in must have come before, because a counter of zero on both sides means that there is none.',
    },
    { at: 'auth-data', bend: bendCounter },
  ),
  define(
    'ctap',
    {
      name: 'ctap.aaguid',
      commands: ['makeCredential'],
      parameters: [
        {
          name: 'aaguid',
          type: 'bytes',
          length: 16,
          default: '3q2-796tvu_erb7v3q2-7w',
          doc: 'The AAGUID to claim; deadbeef four times unless given.',
        },
      ],
      does: 'Claims to be another model at registration and attests that.',
      expect:
        'A relying party that checks attestation refuses, because the certificate is of another model or the AAGUID is not on its list; one that does not check must not believe the AAGUID.',
      outcome:
        'SimpleWebAuthn with a certificate (`--attestation basic`): “Certificate extension id-fido-gen-ce-aaguid … was present but not equal to attestation statement AAGUID”; with self attestation it is verified, and `aaguid` is the false one.',
    },
    { at: 'auth-data', bend: bendAaguid },
  ),
];
