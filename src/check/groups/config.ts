import { permission } from '../../ctap/permission.ts';
import type { Bench } from '../bench.ts';
import { check, CheckSkip, withOptions, type CheckGroup } from '../check.ts';
import { ensure, expectStatus, statusOf } from '../expect.ts';
import { needs } from '../facts.ts';

const unassignedSubCommand = 0x3f;

const configToken = (bench: Bench) => bench.token(permission.authenticatorConfig);

async function alwaysUv(bench: Bench): Promise<boolean | undefined> {
  return (await (await bench.client()).getInfo()).options?.get('alwaysUv');
}

/** authenticatorConfig (CTAP 2.3 §6.11). */
export const configGroup: CheckGroup = {
  id: 'config',
  title: 'authenticatorConfig',
  section: '§6.11',
  checks: withOptions({ needs: [needs.config], state: 'pin', touch: true, replug: true }, [
    check('config.unknown', '§6.11', 'An unknown subcommand is refused', async (bench) => {
      const { config } = await bench.client();
      const run = config.request(unassignedSubCommand, await configToken(bench));
      await expectStatus(run, 'given subcommand 3F', 'INVALID_SUBCOMMAND', 'INVALID_PARAMETER');
    }),
    check(
      'config.token',
      '§6.11',
      'Nothing is changed without a token, or with one for something else',
      async (bench) => {
        const { config } = await bench.client();
        await expectStatus(config.setMinPinLength({}), 'asked without a token', 'PUAT_REQUIRED');
        const other = await bench.token(permission.getAssertion, 'rp.check.example');
        await expectStatus(config.setMinPinLength({}, other), 'given another token', 'PIN_AUTH_INVALID');
      },
      { needs: [needs.minPinLength, needs.token] },
    ),
    check(
      'config.always-uv',
      '§6.11.2',
      'toggleAlwaysUv switches alwaysUv, and back',
      async (bench) => {
        const { config } = await bench.client();
        const before = await alwaysUv(bench);
        const first = await statusOf(config.toggleAlwaysUv(await configToken(bench)));
        if (first === 'OPERATION_DENIED' && before)
          throw new CheckSkip('the key does not let alwaysUv be switched off');
        ensure(first === 'OK', `toggleAlwaysUv is answered with ${first}`);
        const during = await alwaysUv(bench);
        await config.toggleAlwaysUv(await configToken(bench));
        ensure(during === (before !== true), 'alwaysUv does not change');
        ensure((await alwaysUv(bench)) === before, 'alwaysUv does not change back');
      },
      { needs: [needs.alwaysUv] },
    ),
    check(
      'config.min-pin-length',
      '§6.11.4',
      'The minimum PIN length can be raised, and not be lowered',
      async (bench) => {
        const { config } = await bench.client();
        const before = bench.facts.info?.minPinLength ?? 4;
        await config.setMinPinLength({ newMinPinLength: before + 1 }, await configToken(bench));
        const info = await (await bench.client()).getInfo();
        ensure(
          info.minPinLength === before + 1,
          `minPINLength is ${String(info.minPinLength)}, not ${before + 1}`,
        );
        const lower = config.setMinPinLength({ newMinPinLength: before }, await configToken(bench));
        await expectStatus(lower, 'told to lower it', 'PIN_POLICY_VIOLATION');
      },
      { needs: [needs.minPinLength] },
    ),
    check(
      'config.force-change',
      '§6.11.4',
      'A forced change keeps the PIN from giving tokens until it is changed',
      async (bench) => {
        const client = await bench.client();
        await client.config.setMinPinLength({ forceChangePin: true }, await configToken(bench));
        ensure((await client.getInfo()).forcePinChange === true, 'forcePINChange is not announced');
        const request = { permissions: permission.getAssertion, rpId: 'rp.check.example' };
        const token = client.clientPin.getPinUvAuthTokenUsingPin(bench.pin, request, bench.protocol);
        await expectStatus(token, 'asked for a token', 'PIN_POLICY_VIOLATION', 'PIN_INVALID');
        const next = `${bench.pin}7`;
        await client.clientPin.changePin(bench.pin, next, bench.protocol);
        bench.usePin(next);
        ensure((await client.getInfo()).forcePinChange !== true, 'forcePINChange stays after the change');
        await client.clientPin.getPinUvAuthTokenUsingPin(next, request, bench.protocol);
      },
      { needs: [needs.minPinLength, needs.token] },
    ),
  ]),
};
