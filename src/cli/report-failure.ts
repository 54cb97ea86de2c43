import pc from 'picocolors';
import { printable } from '../consent/text/printable.ts';
import { exitCode } from './exit-codes.ts';
import type { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { toJson } from './json.ts';
import { wantsColour } from './output.ts';

/** Tells a failure on stderr, as JSON or in a sentence with the next step below it. Returns its exit code. */
export function reportFailure(io: Io, failure: Failure, json: boolean): number {
  const { code, message, hint } = failure;
  if (json) io.stderr.write(`${toJson({ error: { code, message, ...(hint && { hint }) } })}\n`);
  else if (failure.exitCode === exitCode.interrupted) io.stderr.write(`${message}\n`);
  else {
    const { red, dim } = pc.createColors(wantsColour(io.stderr, io.env));
    // A message may quote a file that somebody else has written.
    const next = hint ? `${dim('→')} ${printable(hint)}\n` : '';
    io.stderr.write(`${red('fauxkey:')} ${printable(message)}\n${next}`);
  }
  return failure.exitCode;
}
