import type { z } from 'zod';
import { UsageError, type UsageProblem } from '../ports/errors.ts';
import { KeystoreError } from '../ports/keystore.ts';
import { TransportError } from '../ports/transport.ts';

/** Controls and characters that hide text or turn its direction: messages quote what came, and end in logs and on terminals. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What is wrong with a request, in the form in which it goes out. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message.replace(unsafe, '\ufffd'));
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const usageStatus: Readonly<Record<UsageProblem, number>> = {
  usage: 422,
  'no-such-key': 404,
  'no-such-credential': 404,
  'not-found': 404,
  'not-running': 409,
  conflict: 409,
  refused: 409,
  unsupported: 409,
  unplugged: 409,
};

/** The problem that an error is; undefined for a defect of ours, of which clients learn nothing. */
export function problemOf(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  if (error instanceof UsageError) {
    const code = error.problem === 'usage' ? 'invalid' : error.problem;
    return new HttpProblem(usageStatus[error.problem], code, sentenceOf(error.message, error.hint));
  }
  if (error instanceof TransportError) {
    const status = error.problem === 'in-use' ? 409 : 503;
    return new HttpProblem(status, `transport-${error.problem}`, sentenceOf(error.message, error.hint));
  }
  if (error instanceof KeystoreError)
    return new HttpProblem(503, `keystore-${error.problem}`, sentenceOf(error.message));
  return undefined;
}

/** A hint about the command line is of no use to a program that sent a request. */
const commandLineOption = /(?:^|\s)--[a-z]/;

/** Sentences that begin and end like sentences, the hint behind the message. Names of fields stay as they are. */
function sentenceOf(message: string, hint = ''): string {
  const parts = hint === '' || commandLineOption.test(hint) ? [message] : [message, hint];
  return parts
    .map((part) =>
      part.replace(/^(a|an|the|there|this|parameters)(?= )/, capital).replace(/([^.!?])$/, '$1.'),
    )
    .join(' ');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

type Issue = z.core.$ZodIssue;

/** The first thing that is wrong with some part of a request, as a sentence that names the field. */
export function wordIssues(part: string, error: z.ZodError): string {
  const [first] = error.issues;
  return first ? wordIssue(part, first, []) : `The ${part} is wrong.`;
}

function wordIssue(part: string, issue: Issue, prefix: readonly PropertyKey[]): string {
  const path = [...prefix, ...issue.path];
  const place = path.length === 0 ? `The ${part}` : pathText(path);
  switch (issue.code) {
    case 'invalid_type':
      return / received undefined$/.test(issue.message)
        ? `${place} is missing.`
        : `${place} has to be ${article(issue.expected)}.`;
    case 'unrecognized_keys':
      return `${place} has no member ${JSON.stringify(String(issue.keys[0]).slice(0, 40))}.`;
    case 'invalid_value':
      return `${place} has to be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}.`;
    case 'invalid_union': {
      const branch = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0]?.[0];
      return branch ? wordIssue(part, branch, path) : `${place} fits none of its forms.`;
    }
    case 'custom':
    case 'invalid_format':
      return `${place} ${issue.message.startsWith('has ') ? issue.message : 'has a wrong form'}.`;
    default:
      return `${place} is wrong: ${issue.message}.`;
  }
}

/** The branch of a union that came furthest is the one that was meant. */
function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 60)}`))
    .join('')
    .slice(1);
}

const articles: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  tuple: 'a list',
};

function article(expected: string): string {
  return articles[expected] ?? expected;
}
