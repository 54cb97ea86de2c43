/** `fauxkey check`, which meets the key as any other program does: on its hidraw node. */
import { expectEqual, expectThat } from '../expect.ts';
import { PROGRAM, startKey, type Key } from '../key.ts';
import { scratch } from '../places.ts';
import { output } from '../process.ts';
import { defineSuite } from '../suite.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Document {
  readonly summary: Counts;
}

export const check = defineSuite<Key>({
  name: 'check',
  setUpLimitSeconds: 120,
  setUp: (scope) => startKey(scope, 'check', { keystore: scratch('keystore') }),
  tests: [
    {
      name: 'fauxkey check finds nothing wrong with a key on hidraw',
      limitSeconds: 420,
      run: async ({ node }) => {
        const args = [PROGRAM, 'check', '--device', node, '--json'];
        const { summary } = JSON.parse(await output(process.execPath, args)) as Document;
        expectEqual('failed checks', summary.failed, 0);
        expectThat('checks passed', summary.passed > 100, `only ${summary.passed}`);
        return `${summary.passed} passed, ${summary.skipped} left out, on ${node}`;
      },
    },
  ],
});
