import { mkdirSync } from 'node:fs';
import process, { env } from 'node:process';

/*
 * The programs that a test starts write down what they ran, too: Node.js does that when a process begins with
 * NODE_V8_COVERAGE. This process has begun without it.
 */
const folder = env['FAUXKEY_COVERAGE'];
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  process.env['NODE_V8_COVERAGE'] = folder;
}
