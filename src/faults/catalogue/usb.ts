import type { FaultDefinition } from '../effect.ts';
import type { FaultParameter } from '../fault.ts';
import { define, numberOf } from './define.ts';

const when: FaultParameter = {
  name: 'when',
  type: 'choice',
  choices: ['before', 'asking', 'during', 'after'],
  default: 'during',
  doc: 'Before the key sees the request, when it begins to wait for the user, behind half of the packets of its answer, or behind the last one.',
};

const kept =
  'What the key did before it was pulled out is kept: a credential whose answer never arrived is there, and unknown to the site.';

/** Faults of the plug. */
export const usbFaults: readonly FaultDefinition[] = [
  define(
    'usb',
    {
      name: 'usb.unplug',
      parameters: [when],
      does: `Is pulled out, and stays out until it is plugged in again by hand. ${kept}`,
      expect:
        'A browser forgets the key and goes on waiting for another, or for the same one to come back; when its time is over it ends the ceremony. With `after` the ceremony succeeds.',
      outcome:
        'NotAllowedError when the `timeout` of the page is over. `CtapClient`: HidTransportError `closed` or `timeout`.',
    },
    { at: 'plug', replugAfter: () => undefined },
  ),
  define(
    'usb',
    {
      name: 'usb.replug',
      parameters: [
        when,
        {
          name: 'afterMs',
          type: 'integer',
          minimum: 0,
          maximum: 600_000,
          default: 1000,
          doc: 'How long it is out, in milliseconds.',
        },
      ],
      does: `Is pulled out and put back. Tokens and channels are gone. ${kept}`,
      expect: 'A browser finds the key again and begins anew with it: INIT, getInfo, the ceremony.',
      outcome: 'Success after a second touch, or NotAllowedError when the `timeout` of the page is over.',
    },
    { at: 'plug', replugAfter: (parameters) => numberOf(parameters, 'afterMs') },
  ),
];
