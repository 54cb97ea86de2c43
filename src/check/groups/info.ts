import { decodeCbor } from '../../cbor/decode.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import { decodeGetInfo } from '../../client/responses.ts';
import { ctapCommand } from '../../ctap/command.ts';
import { getInfoKey } from '../../ctap/messages/get-info.ts';
import { sameBytes } from '../../ctap/bytes.ts';
import { check, withOptions, type CheckGroup } from '../check.ts';
import { ensure, ensureDefined, expectStatus } from '../expect.ts';
import { needs } from '../facts.ts';
import { infoRules } from '../info-rules.ts';
import { requireKnownMembers } from '../members.ts';

const unknownCommand = 0x3f;

/** authenticatorGetInfo (CTAP 2.3 §6.4). */
export const infoGroup: CheckGroup = {
  id: 'info',
  title: 'authenticatorGetInfo',
  section: '§6.4',
  checks: [
    check(
      'info.answer',
      '§6.4',
      'getInfo is answered in canonical CBOR with members of the right types',
      async (bench) => {
        if (bench.facts.info === undefined && (bench.facts.init.capabilities & 0x04) === 0) return;
        decodeGetInfo(await (await bench.client()).request(ctapCommand.getInfo));
      },
    ),
    ...withOptions({ needs: [needs.ctap2] }, [
      check(
        'info.members',
        '§6.4',
        'getInfo has no member that the standard does not know',
        async (bench) => {
          const answer = decodeCbor(await (await bench.client()).request(ctapCommand.getInfo));
          requireKnownMembers(answer, Object.values(getInfoKey), 'getInfo');
        },
      ),
      check(
        'info.stable',
        '§6.4',
        'getInfo says the same twice, but for what is encrypted',
        async (bench) => {
          const client = await bench.client();
          const strip = (bytes: Uint8Array): Uint8Array => {
            const members = decodeCbor(bytes);
            if (!(members instanceof Map)) return bytes;
            const { encIdentifier, encCredStoreState } = getInfoKey;
            const kept = [...members].filter(([key]) => key !== encIdentifier && key !== encCredStoreState);
            return encodeCbor(new Map(kept));
          };
          const first = strip(await client.request(ctapCommand.getInfo));
          const second = strip(await client.request(ctapCommand.getInfo));
          ensure(sameBytes(first, second), 'two answers to getInfo differ');
        },
      ),
      check('info.u2f', '§6.4', 'U2F_V2 is announced if CTAPHID takes U2F, and only then', (bench) => {
        const announced = bench.facts.info?.versions.includes('U2F_V2') === true;
        const taken = (bench.facts.init.capabilities & 0x08) === 0;
        ensure(announced || !taken, 'INIT says that it speaks U2F, getInfo does not');
        ensure(taken || !announced, 'getInfo says that it speaks U2F, INIT does not');
        return Promise.resolve();
      }),
      check('info.unknown-command', '§8.2', 'An unknown command is INVALID_COMMAND', async (bench) => {
        const client = await bench.client();
        await expectStatus(client.request(unknownCommand), 'given command 3F', 'INVALID_COMMAND');
      }),
      ...infoRules.map(({ id, section, title, holds }) =>
        check(`info.${id}`, section, title, (bench) => {
          ensure(holds(ensureDefined(bench.facts.info, 'there is no getInfo')), 'getInfo says otherwise');
          return Promise.resolve();
        }),
      ),
      check(
        'info.enc-identifier-fresh',
        '§6.4',
        'encIdentifier is encrypted anew each time',
        async (bench) => {
          const client = await bench.client();
          const [one, other] = [await client.getInfo(), await client.getInfo()];
          if (one.encIdentifier === undefined || other.encIdentifier === undefined) return;
          ensure(
            !sameBytes(one.encIdentifier, other.encIdentifier),
            'encIdentifier is the same twice: it can be tracked',
          );
        },
      ),
    ]),
  ],
};
