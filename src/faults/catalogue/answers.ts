import { bigEndian } from '../../ctap/bytes.ts';
import { ctapStatus } from '../../ctap/status.ts';
import type { FaultDefinition } from '../effect.ts';
import type { FaultParameter } from '../fault.ts';
import { ctap2Ceremonies, define, numberOf } from './define.ts';

const errors = Object.fromEntries(Object.entries(ctapStatus).filter(([name]) => name !== 'OK'));

/** Status words of U2F raw messages §3.3 and ISO 7816-4, but for the good one. */
const statusWords = {
  CONDITIONS_NOT_SATISFIED: 0x6985,
  COMMAND_NOT_ALLOWED: 0x6986,
  WRONG_DATA: 0x6a80,
  WRONG_LENGTH: 0x6700,
  INS_NOT_SUPPORTED: 0x6d00,
  CLA_NOT_SUPPORTED: 0x6e00,
  INTERNAL: 0x6f00,
} as const;

const execute: FaultParameter = {
  name: 'execute',
  type: 'boolean',
  default: false,
  doc: 'The key does what it was asked for and then lies about it; otherwise it does nothing and asks nobody.',
};

/** Another answer than the right one. */
export const answerFaults: readonly FaultDefinition[] = [
  define(
    'ctap',
    {
      name: 'ctap.status',
      commands: ctap2Ceremonies,
      parameters: [
        {
          name: 'status',
          type: 'code',
          names: errors,
          minimum: 1,
          maximum: 255,
          default: 'OTHER',
          doc: 'The status byte, by the name of CTAP 2.3 §8.2 without its prefix, or as a number.',
        },
        execute,
      ],
      does: 'Answers with a CTAP status in place of the response.',
      expect:
        'A browser ends the ceremony, or asks again where the status means that (PIN_INVALID, PUAT_REQUIRED), and never tells the page more than that it was not allowed.',
      outcome:
        'NotAllowedError; InvalidStateError for CREDENTIAL_EXCLUDED at a registration, NotSupportedError for UNSUPPORTED_ALGORITHM.',
    },
    {
      at: 'answer',
      protocol: 'ctap2',
      answer: (parameters) => Uint8Array.of(numberOf(parameters, 'status')),
      carriesOut: ({ execute: carriedOut }) => carriedOut === true,
    },
  ),
  define(
    'ctap',
    {
      name: 'ctap.u2f-status',
      commands: ['u2fRegister', 'u2fAuthenticate'],
      parameters: [
        {
          name: 'statusWord',
          type: 'code',
          names: statusWords,
          minimum: 0,
          maximum: 0xffff,
          default: 'CONDITIONS_NOT_SATISFIED',
          doc: 'The status word, by name or as a number.',
        },
        execute,
      ],
      does: 'Answers a U2F command with a status word in place of the response.',
      expect:
        'A browser asks again for as long as it hears CONDITIONS_NOT_SATISFIED, takes WRONG_DATA for a foreign key handle, and gives the key up at all else.',
      outcome: 'NotAllowedError, at the latest when the ceremony times out.',
    },
    {
      at: 'answer',
      protocol: 'u2f',
      answer: (parameters) => bigEndian(numberOf(parameters, 'statusWord'), 2),
      carriesOut: ({ execute: carriedOut }) => carriedOut === true,
    },
  ),
];
