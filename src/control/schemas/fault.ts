import { z } from 'zod';
import type { FaultCommand, FaultParameter } from '../../faults/fault.ts';

/** Requests that a rule may name; the compiler asks for one that is new. */
const commands: Readonly<Record<FaultCommand, true>> = {
  makeCredential: true,
  getAssertion: true,
  getNextAssertion: true,
  u2fRegister: true,
  u2fAuthenticate: true,
  silentAssertion: true,
  getInfo: true,
  clientPin: true,
  reset: true,
  bioEnrollment: true,
  credentialManagement: true,
  selection: true,
  largeBlobs: true,
  config: true,
  bioEnrollmentPreview: true,
  credentialManagementPreview: true,
  u2fCheckOnly: true,
  u2fVersion: true,
  init: true,
  ping: true,
  wink: true,
  lock: true,
  unknown: true,
};
export const faultCommandNames = Object.keys(commands) as [FaultCommand, ...FaultCommand[]];

const value = z.union([z.string().max(65_536), z.number(), z.boolean()]);
const parameters = z.record(z.string(), value).readonly();
const scope = z.strictObject({
  next: z.int().min(1).exactOptional(),
  command: z.enum([...faultCommandNames, 'any']).exactOptional(),
  rpId: z.string().min(1).max(2048).exactOptional(),
});

export const faultRule = z
  .strictObject({
    fault: z.string().max(100),
    parameters: parameters.exactOptional(),
    scope: scope.exactOptional(),
  })
  .meta({
    id: 'FaultRule',
    description: 'A fault of the catalogue to commit; without a scope for all requests',
  });

export const activeFault = z
  .object({ id: z.string(), fault: z.string(), parameters, scope, applied: z.int() })
  .meta({ id: 'Fault', description: 'A rule in force, with the number of requests that it has spoiled' });

const level = z.enum(['ctap', 'attestation', 'ctaphid', 'usb', 'storage']);

/** A parameter is data of the catalogue and goes out as it is. */
const parameter = z
  .custom<FaultParameter>((given) => typeof given === 'object')
  .meta({ type: 'object', required: ['name', 'type', 'doc'] });

export const faultDescription = z
  .object({
    name: z.string(),
    level,
    parameters: z.array(parameter).readonly(),
    commands: z.array(z.enum(faultCommandNames)).readonly(),
    does: z.string(),
    expect: z.string(),
    outcome: z.string(),
  })
  .meta({ id: 'FaultDescription' });
