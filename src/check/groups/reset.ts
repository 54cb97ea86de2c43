import { pause } from '../../client/deadline.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { ensure, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';
import { factoryReset } from '../preparation.ts';

const resetWindow = 10_000;

/** authenticatorReset (CTAP 2.3 §6.6). */
export const resetGroup: CheckGroup = {
  id: 'reset',
  title: 'authenticatorReset',
  section: '§6.6',
  checks: withOptions({ needs: [needs.ctap2], destructive: true, touch: true, replug: true }, [
    check(
      'reset.window',
      '§6.6',
      'A reset later than ten seconds after plugging in is NOT_ALLOWED',
      async (bench) => {
        await bench.replug();
        await pause(bench.clock, resetWindow + 1000);
        await expectStatus((await bench.client()).reset(), 'told to reset after 11 seconds', 'NOT_ALLOWED');
      },
    ),
    check('reset.wipes', '§6.6', 'A reset takes credentials and the PIN away', async (bench) => {
      const canRegister = needs.registration.met(bench.facts);
      const made = canRegister ? await bench.register() : undefined;
      await factoryReset(bench);
      ensure(bench.facts.info?.options?.get('clientPin') !== true, 'a PIN is set after a reset');
      if (made === undefined) return;
      // A key that cannot verify anybody any more may say that first.
      const run = bench.assert(made);
      const asked = 'asked for a credential from before the reset';
      await expectStatus(run, asked, 'NO_CREDENTIALS', 'PUAT_REQUIRED');
    }),
  ]),
};
