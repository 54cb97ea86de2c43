import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';

import { systemClock, systemRandom } from '../../../src/app/system.ts';
import { CtapClient } from '../../../src/client/ctap-client.ts';
import { openHidChannel } from '../../../src/client/hid-channel.ts';
import { connectStreamPipe } from '../../../src/client/pipes/stream.ts';
import { createNodeCrypto } from '../../../src/crypto/node/provider.ts';
import type { Transpiled } from '../../support/transpiled.ts';

/** A key in a process that has its program, and waits for the word to open its store. */
export class KeyProcess {
  readonly #child: ChildProcess;
  readonly #socket: string;
  #isKilled = false;

  constructor(transpiled: Transpiled, directory: string, counter: string) {
    this.#socket = join(directory, 'key.sock');
    const parameters = [transpiled.file('test/crash/key/child.ts'), directory, this.#socket, counter];
    this.#child = spawn(execPath, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  async begin(): Promise<CtapClient> {
    this.#child.stdin!.write('begin\n');
    const [word] = (await once(this.#child.stdout!, 'data')) as [Buffer];
    if (word.toString() !== 'ready\n') throw new Error(word.toString());
    const pipe = await connectStreamPipe({ path: this.#socket });
    const channel = await openHidChannel({ pipe, random: systemRandom, clock: systemClock });
    return new CtapClient(channel, { crypto: createNodeCrypto(), random: systemRandom });
  }

  async kill(): Promise<void> {
    if (this.#isKilled) return;
    this.#isKilled = true;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
    // The socket of a dead key is the next one's to replace; here it would only be in the way of the comparison.
    rmSync(this.#socket, { force: true });
  }
}
