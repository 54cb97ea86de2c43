/** The guest itself: what every other suite takes for granted. */
import { accessSync, constants, readFileSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { expectEqual, expectThat } from '../expect.ts';
import { fauxkey, hidrawNodes } from '../key.ts';
import { CHECKOUT, scratch } from '../places.ts';
import { output } from '../process.ts';
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
    {
      name: 'fauxkey doctor --fix installs the udev rule, and udev obeys it',
      limitSeconds: 90,
      run: async () => {
        // The root is that of the machine that tests, which may be a container; this guest is none.
        rmSync('/.dockerenv', { force: true });
        const told = JSON.parse(
          await fauxkey(scratch('keystore'), ['doctor', '--fix', '--yes', '--json']),
        ) as {
          readonly installation?: { readonly outcome: string };
        };
        expectEqual('outcome', told.installation?.outcome, 'installed');
        const installed = readFileSync('/etc/udev/rules.d/70-fauxkey.rules', 'utf8');
        expectEqual('rule', installed, readFileSync(join(CHECKOUT, 'packaging/70-fauxkey.rules'), 'utf8'));
        const node = await output('udevadm', ['info', '--name', '/dev/uhid']);
        expectThat('the tag uaccess on /dev/uhid', /TAGS=.*:uaccess:/.test(node), node);
        return 'tagged uaccess';
      },
    },
  ],
});
