import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { argv, stdin } from 'node:process';

import { createKey } from '../../../src/app/create-key.ts';
import { systemClock, systemRandom } from '../../../src/app/system.ts';
import { defaultProfile } from '../../../src/authenticator/default-profile.ts';
import { factoryState } from '../../../src/authenticator/factory-state.ts';
import { openKeystoreDirectory } from '../../../src/keystore/lmdb.ts';

/*
 * A key on a Unix socket, with a store on the disk. It loads its program, waits for a word, opens everything, and says
 * what went wrong or `ready`.
 */
const [, , directory = '', socket = '', counter = 'per-credential'] = argv;
await once(stdin, 'data');
try {
  const store = await openKeystoreDirectory({ directory, random: systemRandom, clock: systemClock });
  const keystore = await store.open('default', { factory: factoryState(defaultProfile, systemRandom) });
  await store.acquireLease('default');
  const key = createKey({
    keystore,
    profile: { counter: counter === 'global' ? 'global' : 'per-credential' },
    onEvent: (event) => {
      if (event.type === 'defect') writeSync(2, `${String(event.error)}\n`);
    },
  });
  await key.attach(`unix:${socket}`);
  writeSync(1, 'ready\n');
} catch (error) {
  writeSync(1, `${String(error)}\n`);
}
