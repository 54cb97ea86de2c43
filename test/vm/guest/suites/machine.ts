/** The guest itself: what every other suite takes for granted. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { hidrawNodes } from '../key.ts';
import { defineSuite } from '../suite.ts';

export const machine = defineSuite({
  name: 'machine',
  setUpLimitSeconds: 10,
  setUp: () => Promise.resolve(undefined),
  tests: [
    {
      name: 'a kernel with uhid, and no key yet',
      limitSeconds: 10,
      run: () => {
        accessSync('/dev/uhid', constants.R_OK | constants.W_OK);
        const nodes = hidrawNodes();
        if (nodes.length > 0) throw new Error(`there is ${nodes.join(' ')} before any key was started`);
        const uptime = readFileSync('/proc/uptime', 'utf8').split(' ')[0] ?? '?';
        return Promise.resolve(`Linux ${release()}, Node.js ${process.version}, up ${uptime} s`);
      },
    },
  ],
});
