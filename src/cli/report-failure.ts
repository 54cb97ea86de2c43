import pc from 'picocolors';
import { exitCode } from './exit-codes.ts';
import type { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { wantsColour } from './output.ts';

/** Tells a failure on stderr, as JSON or in a sentence with the next step below it. Returns its exit code. */
export function reportFailure(io: Io, failure: Failure, json: boolean): number {
  const { code, message, hint } = failure;
  if (json) io.stderr.write(`${JSON.stringify({ error: { code, message, ...(hint && { hint }) } })}\n`);
  else if (failure.exitCode === exitCode.interrupted) io.stderr.write(`${message}\n`);
  else {
    const { red, dim } = pc.createColors(wantsColour(io.stderr, io.env));
    io.stderr.write(`${red('fauxkey:')} ${message}\n${hint ? `${dim('→')} ${hint}\n` : ''}`);
  }
  return failure.exitCode;
}
