import { parseAgreementKey } from '../../cose/agreement-key.ts';
import { encodeCbor } from '../../cbor/encode.ts';
import { sameBytes } from '../../ctap/bytes.ts';
import { clientPinSubCommand } from '../../ctap/messages/client-pin.ts';
import { permission } from '../../ctap/permission.ts';
import type { PinProtocolVersion } from '../../client/pin-protocol.ts';
import type { Bench } from '../bench.ts';
import { checkPin, site } from '../bench.ts';
import { check, withOptions, type Check, type CheckGroup } from '../check.ts';
import { ensure, expectStatus, statusOf } from '../expect.ts';
import { needs } from '../facts.ts';

const otherPin = 'k4-Other-17';
const wrongPin = 'wrong-0000';
const unknownSubCommand = 0x3f;

async function getToken(bench: Bench, pin = bench.pin): Promise<void> {
  const { clientPin } = await bench.client();
  if (bench.facts.info?.options?.get('pinUvAuthToken') === true) {
    const request = { permissions: permission.getAssertion, rpId: site };
    await clientPin.getPinUvAuthTokenUsingPin(pin, request, bench.protocol);
  } else await clientPin.getPinToken(pin, bench.protocol);
}

function forProtocol(version: PinProtocolVersion): readonly Check[] {
  const only = { needs: [needs.protocol(version)] };
  return [
    check(
      `pin.agreement-${version}`,
      '§6.5.5.4',
      `The key-agreement key of protocol ${version} is a P-256 key of the standard's form`,
      async (bench) => {
        const { clientPin } = await bench.client();
        const key = await clientPin.getKeyAgreement(version);
        ensure(parseAgreementKey(key) !== undefined, 'the key-agreement key is no COSE key of the standard');
        // Throws unless it is a point of the curve.
        await clientPin.agree(version);
      },
      only,
    ),
    check(
      `pin.bad-point-${version}`,
      '§6.5.5',
      `A key-agreement key that is no point of the curve is refused under protocol ${version}`,
      async (bench) => {
        const { clientPin } = await bench.client();
        const { keyAgreement } = await clientPin.agree(version);
        const bent = new Map(keyAgreement).set(-3, new Uint8Array(32).fill(1));
        const run = clientPin.request({
          subCommand: clientPinSubCommand.getPinToken,
          pinUvAuthProtocol: version,
          keyAgreement: bent,
          pinHashEnc: new Uint8Array(version === 1 ? 16 : 32),
        });
        // Without a PIN that is said first.
        await expectStatus(run, 'given a bad point', 'INVALID_PARAMETER', 'PIN_NOT_SET');
      },
      only,
    ),
  ];
}

/** authenticatorClientPIN (CTAP 2.3 §6.5). */
export const pinGroup: CheckGroup = {
  id: 'pin',
  title: 'authenticatorClientPIN',
  section: '§6.5',
  checks: withOptions({ needs: [needs.clientPin] }, [
    ...forProtocol(1),
    ...forProtocol(2),
    check('pin.retries', '§6.5.5.2', 'The retries are 1 to 8 while the PIN is not blocked', async (bench) => {
      const { pinRetries } = await (await bench.client()).clientPin.getPinRetries();
      ensure(pinRetries <= 8, `there are ${pinRetries} retries, more than 8`);
    }),
    check(
      'pin.protocol',
      '§6.5.5',
      'A PIN/UV auth protocol that nobody knows is INVALID_PARAMETER',
      async (bench) => {
        const { getKeyAgreement } = clientPinSubCommand;
        const { clientPin } = await bench.client();
        const run = clientPin.request({ subCommand: getKeyAgreement, pinUvAuthProtocol: 99 });
        await expectStatus(run, 'asked for protocol 99', 'INVALID_PARAMETER');
      },
    ),
    check(
      'pin.protocol-missing',
      '§6.5.5',
      'getKeyAgreement without a protocol is MISSING_PARAMETER',
      async (bench) => {
        const { clientPin } = await bench.client();
        const run = clientPin.request({ subCommand: clientPinSubCommand.getKeyAgreement });
        await expectStatus(run, 'asked without a protocol', 'MISSING_PARAMETER');
      },
    ),
    check('pin.subcommand', '§6.5.5', 'An unknown subcommand is refused', async (bench) => {
      const { clientPin } = await bench.client();
      const run = clientPin.request({ subCommand: unknownSubCommand, pinUvAuthProtocol: bench.protocol });
      await expectStatus(run, 'given subcommand 3F', 'INVALID_SUBCOMMAND', 'INVALID_PARAMETER');
    }),
    check(
      'pin.not-set',
      '§6.5.5.7',
      'A fresh key has no PIN, and says PIN_NOT_SET',
      async (bench) => {
        ensure(bench.facts.info?.options?.get('clientPin') === false, 'a PIN is set on a key that was reset');
        await expectStatus(getToken(bench, checkPin), 'asked for a token', 'PIN_NOT_SET');
      },
      { state: 'fresh', touch: true, replug: true },
    ),
    check(
      'pin.too-short',
      '§6.5.5.5',
      'A PIN that is too short is PIN_POLICY_VIOLATION',
      async (bench) => {
        const { clientPin } = await bench.client();
        const short = 'x'.repeat((bench.facts.info?.minPinLength ?? 4) - 1);
        await expectStatus(
          clientPin.setPin(short, bench.protocol),
          'given a short PIN',
          'PIN_POLICY_VIOLATION',
        );
      },
      { state: 'fresh', touch: true, replug: true },
    ),
    ...withOptions({ state: 'pin', touch: true, replug: true }, [
      check('pin.set', '§6.5.5.5', 'A PIN that is set is announced, and gives tokens', async (bench) => {
        ensure(bench.facts.info?.options?.get('clientPin') === true, 'the option clientPin is not true');
        await getToken(bench);
      }),
      check('pin.set-twice', '§6.5.5.5', 'setPIN over a PIN is PIN_AUTH_INVALID', async (bench) => {
        const { clientPin } = await bench.client();
        const run = clientPin.setPin(otherPin, bench.protocol);
        await expectStatus(run, 'told to set a second PIN', 'PIN_AUTH_INVALID', 'NOT_ALLOWED');
        await getToken(bench);
      }),
      check('pin.change', '§6.5.5.6', 'changePIN changes the PIN', async (bench) => {
        const { clientPin } = await bench.client();
        const before = bench.pin;
        await clientPin.changePin(before, otherPin, bench.protocol);
        bench.usePin(otherPin);
        await getToken(bench, otherPin);
        await clientPin.changePin(otherPin, before, bench.protocol);
        bench.usePin(before);
        await getToken(bench);
      }),
      check(
        'pin.wrong',
        '§6.5.5.7',
        'A wrong PIN is PIN_INVALID and costs a retry; the right one restores them',
        async (bench) => {
          const { clientPin } = await bench.client();
          await getToken(bench);
          const { pinRetries: full } = await clientPin.getPinRetries();
          await expectStatus(getToken(bench, wrongPin), 'given a wrong PIN', 'PIN_INVALID');
          const { pinRetries: left } = await clientPin.getPinRetries();
          ensure(left === full - 1, `after a wrong PIN there are ${left} retries, not ${full - 1}`);
          await getToken(bench);
          const { pinRetries: restored } = await clientPin.getPinRetries();
          ensure(restored === full, `after the right PIN there are ${restored} retries, not ${full}`);
        },
      ),
      check('pin.new-agreement', '§6.5.5.7', 'A wrong PIN renews the key-agreement key', async (bench) => {
        const { clientPin } = await bench.client();
        const before = encodeCbor(await clientPin.getKeyAgreement(bench.protocol));
        await statusOf(getToken(bench, wrongPin));
        const after = encodeCbor(await clientPin.getKeyAgreement(bench.protocol));
        await getToken(bench);
        ensure(!sameBytes(before, after), 'the key-agreement key is the same after a wrong PIN');
      }),
      check(
        'pin.bad-auth',
        '§6.5.5.6',
        'A wrong pinUvAuthParam is PIN_AUTH_INVALID and costs no retry',
        async (bench) => {
          const { clientPin } = await bench.client();
          const { pinRetries: full } = await clientPin.getPinRetries();
          const { keyAgreement } = await clientPin.agree(bench.protocol);
          const isOne = bench.protocol === 1;
          const run = clientPin.request({
            subCommand: clientPinSubCommand.changePin,
            pinUvAuthProtocol: bench.protocol,
            keyAgreement,
            newPinEnc: new Uint8Array(isOne ? 64 : 80),
            pinHashEnc: new Uint8Array(isOne ? 16 : 32),
            pinUvAuthParam: new Uint8Array(isOne ? 16 : 32),
          });
          await expectStatus(run, 'given a wrong pinUvAuthParam', 'PIN_AUTH_INVALID');
          const { pinRetries: left } = await clientPin.getPinRetries();
          ensure(left === full, `it takes a retry off for a wrong pinUvAuthParam: ${left} of ${full}`);
        },
      ),
      check(
        'pin.latch',
        '§6.5.5.7',
        'Three wrong PINs block the PIN until the key is plugged in again',
        async (bench) => {
          for (const due of ['PIN_INVALID', 'PIN_INVALID', 'PIN_AUTH_BLOCKED'] as const) {
            await expectStatus(getToken(bench, wrongPin), 'given a wrong PIN again', due);
          }
          await expectStatus(getToken(bench), 'given the right PIN while it is blocked', 'PIN_AUTH_BLOCKED');
          await bench.replug();
          await getToken(bench);
        },
      ),
    ]),
  ]),
};
