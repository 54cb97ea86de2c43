import type { CborValue } from '../../cbor/value.ts';
import type { Assertion, Registration } from '../responses.ts';
import type { ExtensionOutputsJson } from './options.ts';

/** Inputs of extensions for the key, and how its response becomes outputs for the page. */
export interface ExtensionPlan<Response> {
  readonly inputs: Readonly<Record<string, CborValue>>;
  read(response: Response, outputs: ExtensionOutputsJson): void | Promise<void>;
}

export type CreatePlan = ExtensionPlan<Registration>;
export type GetPlan = ExtensionPlan<Assertion>;

/** Several plans as one; outputs come in the order of the plans. */
export function mergePlans<Response>(
  plans: readonly (ExtensionPlan<Response> | undefined)[],
): ExtensionPlan<Response> {
  const present = plans.filter((plan) => plan !== undefined);
  return {
    inputs: Object.assign({}, ...present.map(({ inputs }) => inputs)) as Record<string, CborValue>,
    read: async (response, outputs) => {
      for (const plan of present) await plan.read(response, outputs);
    },
  };
}
