import type { Bending, FaultDefinition } from '../effect.ts';
import type { FaultParameter } from '../fault.ts';
import { assertionCommands, define, textOf } from './define.ts';

export const howToSpoil: FaultParameter = {
  name: 'how',
  type: 'choice',
  choices: ['flipped', 'random', 'empty'],
  default: 'flipped',
  doc: 'One bit is flipped near the end, all bytes are random ones, or there are none.',
};

export function spoilSignature(signature: Uint8Array, { parameters, random }: Bending): Uint8Array {
  switch (textOf(parameters, 'how')) {
    case 'random':
      return random.bytes(signature.length);
    case 'empty':
      return new Uint8Array();
    default:
      return signature.map((byte, index) => (index === signature.length - 1 ? byte ^ 0x01 : byte));
  }
}

export const signatureFaults: readonly FaultDefinition[] = [
  define(
    'ctap',
    {
      name: 'ctap.signature',
      commands: assertionCommands,
      parameters: [howToSpoil],
      does: 'Signs an assertion wrongly; everything else in it is right.',
      expect:
        'A relying party refuses the sign-in and changes nothing, its copy of the counter least of all.',
      outcome:
        'SimpleWebAuthn: `verified` is false for a flipped bit; random bytes are thrown out by its parser, an empty signature with “Input buffer has zero length”.',
    },
    { at: 'signature', bend: spoilSignature },
  ),
];
