import { readFileSync } from 'node:fs';
import process from 'node:process';
import { app } from '../app/app.ts';
import { createProcessIo } from './process-io.ts';
import { run } from './run.ts';

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const code = await run(process.argv.slice(2), createProcessIo(), app, packageVersion());
// Only what is written is waited for: an open handle somewhere must not keep a finished command alive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
