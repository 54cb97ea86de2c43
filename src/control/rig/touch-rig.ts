import { Hono } from 'hono';
import type { ControlledKey, KeyHost } from '../handle.ts';
import { HttpProblem } from '../problem.ts';
import { guardRig } from './guard-rig.ts';

/**
 * A machine that touches keys and switches their power, as test suites for hardware know it: GET `/`, `/usbN/touch/on`,
 * `/usbN/touch/off`, `/usbN/power/on` and `/usbN/power/off`. Nobody else touches its keys: while no finger rests on one,
 * its questions wait. `usb1` is the first key; where there is one key only, every number is that key.
 */
export function createTouchRig(host: KeyHost): Hono {
  const rig = guardRig(new Hono());
  /** Keys whose user is the rig by now, with the rule that allows while the finger is there. */
  const fingers = new Map<ControlledKey, string | undefined>();

  function lift(key: ControlledKey): void {
    const rule = fingers.get(key);
    if (rule !== undefined) key.user.removePolicy(rule);
    fingers.set(key, undefined);
  }

  function touch(key: ControlledKey): void {
    lift(key);
    fingers.set(key, key.user.addPolicy({ action: 'allow' }).id);
    for (const { id } of key.user.questions()) key.user.answer(id, { answer: 'allow' });
  }

  function keyAt(port: string): ControlledKey {
    const keys = host.list();
    const key = keys.length === 1 ? keys[0] : keys[Number(port) - 1];
    if (!key)
      throw new HttpProblem(404, 'no-such-key', `There is no key at usb${port}; there are ${keys.length}.`);
    if (!fingers.has(key)) {
      key.user.setHabit({ action: 'ask' });
      fingers.set(key, undefined);
    }
    return key;
  }

  rig.get('/', (context) =>
    context.json({
      ports: host.list().map(({ id, plugged }, index) => ({ port: index + 1, key: id, power: plugged })),
    }),
  );
  rig.get('/:port{usb[0-9]{1,4}}/touch/:state{on|off}', (context) => {
    const key = keyAt(context.req.param('port').slice(3));
    if (context.req.param('state') === 'on') touch(key);
    else lift(key);
    return context.text('OK\n');
  });
  rig.get('/:port{usb[0-9]{1,4}}/power/:state{on|off}', async (context) => {
    const key = keyAt(context.req.param('port').slice(3));
    if (context.req.param('state') === 'on') await key.plug();
    else await key.unplug();
    return context.text('OK\n');
  });
  return rig;
}
