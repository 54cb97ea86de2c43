import type { FaultCommand } from '../fault.ts';
import type { FaultDefinition } from '../effect.ts';
import { ceremonyCommands } from '../fault.ts';
import { define, textOf } from './define.ts';

const commands: readonly FaultCommand[] = [
  ...ceremonyCommands,
  'clientPin',
  'credentialManagement',
  'largeBlobs',
  'config',
  'bioEnrollment',
];

/** Faults of the store. */
export const storageFaults: readonly FaultDefinition[] = [
  define(
    'storage',
    {
      name: 'storage.full',
      commands,
      does: 'Has no room for what it has to write. Nothing is written.',
      expect:
        'A browser tells its user that the key is full, or just that it did not work; at a sign-in it ends the ceremony, since a counter that cannot be kept must not be sent.',
      outcome: 'KEY_STORE_FULL on the wire, NotAllowedError in the page. U2F: status word 6F00.',
    },
    { at: 'storage', problem: 'full', fails: (access) => access === 'write' },
  ),
  define(
    'storage',
    {
      name: 'storage.failing',
      commands,
      parameters: [
        {
          name: 'access',
          type: 'choice',
          choices: ['write', 'read', 'both'],
          default: 'write',
          doc: 'Which accesses fail.',
        },
      ],
      does: 'Cannot write to its store, or not read from it. What fails changes nothing.',
      expect:
        'A browser ends the ceremony; nobody may be told of a credential or a counter that was not kept.',
      outcome: 'OTHER on the wire, NotAllowedError in the page. U2F: status word 6F00.',
    },
    {
      at: 'storage',
      problem: 'io',
      fails: (access, parameters) => ['both', access].includes(textOf(parameters, 'access')),
    },
  ),
];
