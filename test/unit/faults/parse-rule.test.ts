import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultDefinitions } from '../../../src/faults/catalogue/definitions.ts';
import { faultCatalogue } from '../../../src/faults/faults.ts';
import { parseRule } from '../../../src/faults/parse-rule.ts';
import { UsageError } from '../../../src/ports/errors.ts';

const parse = (rule: unknown) => parseRule(faultDefinitions, rule);

describe('a rule', () => {
  it('is completed with defaults, and codes become numbers', () => {
    expect(parse({ fault: 'ctap.status', parameters: { status: 'PIN_BLOCKED' } })).toMatchObject({
      parameters: { status: 0x32, execute: false },
      scope: {},
    });
    expect(parse({ fault: 'ctap.status', parameters: { status: 0xf0 } }).parameters).toMatchObject({
      status: 0xf0,
    });
    expect(parse({ fault: 'ctap.counter' }).parameters).toEqual({ how: 'back', by: 1000 });
    expect(parse({ fault: 'ctap.user-handle' }).parameters).toEqual({});
    expect(
      parse({ fault: 'usb.unplug', scope: { next: 3, command: 'any', rpId: 'example.com' } }).scope,
    ).toEqual({ next: 3, command: 'any', rpId: 'example.com' });
  });

  it.each([
    [undefined, 'a fault rule is an object, not undefined'],
    [[], 'a fault rule is an object, not []'],
    [{ fault: 'ctap.nonsense' }, 'there is no fault "ctap.nonsense"'],
    [{}, 'there is no fault undefined'],
    [{ fault: 'ctap.status', when: 1 }, 'a fault rule has no member "when": it has fault, parameters, scope'],
    [
      { fault: 'ctap.status', parameters: { staus: 1 } },
      'parameters of ctap.status has no member "staus": it has status, execute',
    ],
    [
      { fault: 'storage.full', parameters: { a: 1 } },
      'parameters of storage.full has no member "a": it has none',
    ],
    [{ fault: 'ctap.status', parameters: 7 }, 'parameters of ctap.status is an object, not 7'],
    [
      { fault: 'ctap.status', parameters: { execute: 'yes' } },
      'execute of ctap.status has to be true or false, not "yes"',
    ],
    [
      { fault: 'ctap.counter', parameters: { how: 'sideways' } },
      'how of ctap.counter has to be one of frozen, back, jump, zero, not "sideways"',
    ],
    [
      { fault: 'ctap.counter', parameters: { by: 0 } },
      'by of ctap.counter has to be an integer from 1 to 4294967295, not 0',
    ],
    [
      { fault: 'ctap.counter', parameters: { by: 1.5 } },
      'by of ctap.counter has to be an integer from 1 to 4294967295, not 1.5',
    ],
    [{ fault: 'ctap.rp-id-hash', parameters: { rpId: 5 } }, 'rpId of ctap.rp-id-hash has to be text, not 5'],
    [
      { fault: 'ctap.aaguid', parameters: { aaguid: 'AAAA' } },
      'aaguid of ctap.aaguid has to be 16 bytes as base64url, not "AAAA"',
    ],
    [
      { fault: 'ctap.user-handle', parameters: { userHandle: 'a+b/' } },
      'userHandle of ctap.user-handle has to be bytes as base64url, not "a+b/"',
    ],
    [
      { fault: 'ctap.status', scope: { next: 0 } },
      'next in the scope of a fault has to be an integer from 1, not 0',
    ],
    [{ fault: 'ctap.status', scope: { rpId: 1 } }, 'rpId in the scope of a fault has to be text, not 1'],
    [
      { fault: 'ctap.status', scope: { once: true } },
      'the scope of a fault has no member "once": it has next, command, rpId',
    ],
  ])('%j is refused', (rule, message) => {
    const refused = expect.objectContaining({ name: 'UsageError', message }) as unknown;
    expect(() => parse(rule)).toThrow(refused);
  });

  it('with an unknown code or command hears which there are', () => {
    expect(() => parse({ fault: 'ctaphid.error', parameters: { code: 'BUSY' } })).toThrow(
      /^code of ctaphid\.error has to be invalidCommand, .*channelBusy.* or an integer from 0 to 255, not "BUSY"$/,
    );
    expect(() => parse({ fault: 'ctap.status', scope: { command: 'x' } })).toThrow(
      /^command in the scope of a fault has to be one of makeCredential, .*, any, not "x"$/,
    );
  });

  it('of any JSON is taken or refused with a sentence', () => {
    const names = faultCatalogue.map(({ name }) => name);
    const parameter = fc.oneof(fc.jsonValue(), fc.constantFrom('UP', 'back', 'OTHER', 'AAAA', 1, true));
    const keys = [...new Set(faultCatalogue.flatMap(({ parameters }) => parameters.map(({ name }) => name)))];
    const rule = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          fault: fc.constantFrom(...names),
          parameters: fc.dictionary(fc.constantFrom(...keys), parameter),
          scope: fc.record({ next: parameter, command: parameter, rpId: parameter }, { requiredKeys: [] }),
        },
        { requiredKeys: ['fault'] },
      ),
    );
    fc.assert(
      fc.property(rule, (value) => {
        try {
          const { definition, parameters } = parse(value);
          for (const { name, default: fallback } of definition.description.parameters) {
            if (fallback !== undefined) expect(parameters).toHaveProperty(name);
          }
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          expect(error.message).not.toContain('\n');
        }
      }),
      { numRuns: 500 },
    );
  });
});
