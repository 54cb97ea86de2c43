import { bigEndian, concatBytes, utf8Bytes } from '../../ctap/bytes.ts';
import type { Transaction } from '../../ports/message-handler.ts';
import type { Environment } from '../environment.ts';
import { speaksU2f } from '../features.ts';
import { parseHeader, readData, statusWord, U2fError, type CommandApdu, type StatusWord } from './apdu.ts';
import { authenticate } from './authenticate.ts';
import { register } from './register.ts';
import { U2fTouch } from './touch.ts';

/** CTAP1: the U2F side of the key (U2F raw messages §3). */
export interface U2f {
  /** An APDU in, response and status word out. Never rejects. */
  handle(apdu: Uint8Array, transaction: Transaction): Promise<Uint8Array>;
  powerCycle(): void;
}

type Instruction = (
  environment: Environment,
  touch: U2fTouch,
  apdu: CommandApdu,
) => Uint8Array | Promise<Uint8Array>;

const instructions = new Map<number, { readonly name: string; readonly run: Instruction }>([
  [0x01, { name: 'register', run: register }],
  [0x02, { name: 'authenticate', run: authenticate }],
  [0x03, { name: 'version', run: version }],
]);

function version(_environment: Environment, _touch: U2fTouch, { data }: CommandApdu): Uint8Array {
  if (data.length > 0) throw new U2fError('WRONG_LENGTH');
  return utf8Bytes('U2F_V2');
}

export function createU2f(environment: Environment): U2f {
  const touch = new U2fTouch(environment);
  return {
    async handle(bytes, { channel }) {
      let name = 'unknown';
      let body: Uint8Array = new Uint8Array();
      let word: StatusWord = statusWord.OK;
      try {
        const header = parseHeader(bytes);
        name = instructions.get(header.ins)?.name ?? name;
        body = await run(environment, touch, bytes);
      } catch (error) {
        word = error instanceof U2fError ? error.statusWord : statusWord.INTERNAL;
        if (!(error instanceof U2fError)) environment.emit({ type: 'defect', error });
      }
      environment.emit({ type: 'u2f', channel, name, statusWord: word });
      return concatBytes(body, bigEndian(word, 2));
    },
    powerCycle: () => touch.drop(),
  };
}

/** CLA, then INS, then everything else. alwaysUv switches U2F off but for VERSION (CTAP 2.3 §7.2.4). */
async function run(environment: Environment, touch: U2fTouch, bytes: Uint8Array): Promise<Uint8Array> {
  const header = parseHeader(bytes);
  if (header.cla !== 0) throw new U2fError('CLA_NOT_SUPPORTED');
  const instruction = instructions.get(header.ins);
  if (!instruction) throw new U2fError('INS_NOT_SUPPORTED');
  if (!speaksU2f(environment) && instruction.name !== 'version') throw new U2fError('COMMAND_NOT_ALLOWED');
  return instruction.run(environment, touch, { ...header, data: readData(bytes) });
}
