import { decodeBase64Url } from '../base64url.ts';
import type { Effect, FaultDefinition } from '../effect.ts';
import {
  ceremonyCommands,
  type FaultCommand,
  type FaultDescription,
  type FaultLevel,
  type FaultParameters,
} from '../fault.ts';

type Description = Omit<FaultDescription, 'level' | 'commands' | 'parameters'> &
  Partial<Pick<FaultDescription, 'commands' | 'parameters'>>;

/** An entry of the catalogue; without `commands` it concerns registration and sign-in, over both protocols. */
export function define(
  level: FaultLevel,
  description: Description,
  ...effects: readonly Effect[]
): FaultDefinition {
  return { description: { parameters: [], commands: ceremonyCommands, ...description, level }, effects };
}

export const assertionCommands: readonly FaultCommand[] = [
  'getAssertion',
  'getNextAssertion',
  'u2fAuthenticate',
];
export const ctap2Ceremonies: readonly FaultCommand[] = [
  'makeCredential',
  'getAssertion',
  'getNextAssertion',
];
export const registrations: readonly FaultCommand[] = ['makeCredential', 'u2fRegister'];

// Rules are complete and of the right types when they get here, so that these never meet anything else.

export function numberOf(parameters: FaultParameters, name: string): number {
  return Number(parameters[name]);
}

export function textOf(parameters: FaultParameters, name: string): string {
  return String(parameters[name]);
}

export function bytesOf(parameters: FaultParameters, name: string): Uint8Array | undefined {
  const text = parameters[name];
  return typeof text === 'string' ? decodeBase64Url(text) : undefined;
}
