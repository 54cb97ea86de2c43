import type { Check, Probes } from './check.ts';

const oldestNode: readonly [number, number] = [20, 19];

export function checkNode({ nodeVersion }: Probes): Check {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
  const enough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return enough
    ? { id: 'node', status: 'ok', message: `Node.js ${nodeVersion} is recent enough.` }
    : {
        id: 'node',
        status: 'fail',
        message: `Node.js ${nodeVersion} is too old; ${oldestNode.join('.')} is the oldest that works.`,
        fix: ['nvm install 22'],
      };
}

export async function checkLmdb(probes: Probes): Promise<Check> {
  const problem = await probes.load('lmdb');
  return problem === undefined
    ? { id: 'lmdb', status: 'ok', message: 'The database of the keystore loads.' }
    : {
        id: 'lmdb',
        status: 'fail',
        message: `The database of the keystore (lmdb) does not load: ${problem}`,
        fix: ['npm ci'],
      };
}

export async function checkNodeHid(probes: Probes): Promise<Check> {
  const problem = await probes.load('node-hid');
  return problem === undefined
    ? { id: 'node-hid', status: 'ok', message: 'The library that lists devices loads.' }
    : {
        id: 'node-hid',
        status: 'warn',
        message: `node-hid does not load, so \`fauxkey devices\` will not work: ${problem}`,
        fix: ['npm ci'],
      };
}
