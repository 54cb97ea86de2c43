import { UsageError } from '../ports/errors.ts';
import { decodeBase64Url } from './base64url.ts';
import type { FaultDefinition } from './effect.ts';
import {
  faultCommands,
  type FaultParameter,
  type FaultParameters,
  type FaultScope,
  type FaultValue,
} from './fault.ts';

export interface ParsedRule {
  readonly definition: FaultDefinition;
  /** Complete, with codes as numbers and the defaults of what was left out. */
  readonly parameters: FaultParameters;
  readonly scope: FaultScope;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a rule of unknown origin. Throws UsageError with one sentence about the first thing that is wrong. */
export function parseRule(catalogue: readonly FaultDefinition[], rule: unknown): ParsedRule {
  const { fault, parameters, scope } = requireObject(rule, 'a fault rule', ['fault', 'parameters', 'scope']);
  const definition = catalogue.find(({ description }) => description.name === fault);
  if (!definition) {
    throw new UsageError(`there is no fault ${quote(fault)}`, {
      hint: 'The catalogue of faults lists them all, and so does docs/faults.md.',
    });
  }
  return {
    definition,
    parameters: parseParameters(definition, parameters ?? {}),
    scope: parseScope(scope ?? {}),
  };
}

function quote(value: unknown): string {
  // undefined and functions have no JSON
  const json = JSON.stringify(value) as string | undefined;
  return json ?? typeof value;
}

function requireObject(value: unknown, what: string, members: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${what} is an object, not ${quote(value)}`);
  }
  const surplus = Object.keys(value).find((name) => !members.includes(name));
  if (surplus !== undefined) {
    const known = members.length === 0 ? 'it has none' : `it has ${members.join(', ')}`;
    throw new UsageError(`${what} has no member ${quote(surplus)}: ${known}`);
  }
  return value as JsonObject;
}

function parseParameters({ description }: FaultDefinition, given: unknown): FaultParameters {
  const { name, parameters } = description;
  const names = parameters.map((parameter) => parameter.name);
  const members = requireObject(given, `parameters of ${name}`, names);
  const result: Record<string, FaultValue> = {};
  for (const parameter of parameters) {
    const value = members[parameter.name] ?? parameter.default;
    if (value !== undefined)
      result[parameter.name] = parseValue(`${parameter.name} of ${name}`, parameter, value);
  }
  return result;
}

function parseValue(what: string, parameter: FaultParameter, value: unknown): FaultValue {
  const wrong = (wanted: string) => new UsageError(`${what} has to be ${wanted}, not ${quote(value)}`);
  switch (parameter.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong('true or false');
      return value;
    case 'text':
      if (typeof value !== 'string') throw wrong('text');
      return value;
    case 'choice':
      if (typeof value !== 'string' || !parameter.choices.includes(value)) {
        throw wrong(`one of ${parameter.choices.join(', ')}`);
      }
      return value;
    case 'integer':
      if (!isWithin(value, parameter)) throw wrong(`an integer from ${range(parameter)}`);
      return value;
    case 'bytes':
      return parseBytes(value, parameter.length, wrong);
    case 'code': {
      const code = typeof value === 'string' ? parameter.names[value] : value;
      if (!isWithin(code, parameter)) {
        throw wrong(`${Object.keys(parameter.names).join(', ')} or an integer from ${range(parameter)}`);
      }
      return code;
    }
  }
}

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

function isWithin(value: unknown, { minimum, maximum }: Range): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
}

function range({ minimum, maximum }: Range): string {
  return `${minimum} to ${maximum}`;
}

function parseBytes(
  value: unknown,
  length: number | undefined,
  wrong: (wanted: string) => UsageError,
): string {
  const bytes = typeof value === 'string' ? decodeBase64Url(value) : undefined;
  const right = bytes !== undefined && (length === undefined || bytes.length === length);
  if (!right) throw wrong(`${length === undefined ? 'bytes' : `${length} bytes`} as base64url`);
  return value as string;
}

function parseScope(given: unknown): FaultScope {
  const { next, command, rpId } = requireObject(given, 'the scope of a fault', ['next', 'command', 'rpId']);
  if (next !== undefined && !isWithin(next, { minimum: 1, maximum: Number.MAX_SAFE_INTEGER })) {
    throw new UsageError(`next in the scope of a fault has to be an integer from 1, not ${quote(next)}`);
  }
  if (rpId !== undefined && typeof rpId !== 'string') {
    throw new UsageError(`rpId in the scope of a fault has to be text, not ${quote(rpId)}`);
  }
  return {
    ...(next !== undefined && { next }),
    ...(command !== undefined && { command: parseCommand(command) }),
    ...(rpId !== undefined && { rpId }),
  };
}

function parseCommand(value: unknown): NonNullable<FaultScope['command']> {
  const commands = [...faultCommands, 'any'] as const;
  const command = commands.find((known) => known === value);
  if (command !== undefined) return command;
  throw new UsageError(
    `command in the scope of a fault has to be one of ${commands.join(', ')}, not ${quote(value)}`,
  );
}
