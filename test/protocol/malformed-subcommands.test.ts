import { afterEach, describe, expect, it } from 'vitest';
import type { FieldTable } from '../../src/cbor/table.ts';
import { cborMap } from '../../src/cbor/map.ts';
import { encodeCbor } from '../../src/cbor/encode.ts';
import type { CborMap, CborValue } from '../../src/cbor/value.ts';
import { toHex } from '../../src/ctap/bytes.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { bioEnrollmentTable, bioEnrollmentSubCommand } from '../../src/ctap/messages/bio-enrollment.ts';
import { clientPinTable, clientPinSubCommand } from '../../src/ctap/messages/client-pin.ts';
import { configTable, configSubCommand } from '../../src/ctap/messages/config.ts';
import {
  credentialManagementTable,
  credentialManagementSubCommand,
} from '../../src/ctap/messages/credential-management.ts';
import { getAssertionTable } from '../../src/ctap/messages/get-assertion.ts';
import { largeBlobsTable } from '../../src/ctap/messages/large-blobs.ts';
import { makeCredentialTable } from '../../src/ctap/messages/make-credential.ts';
import { badEncodings, replaced, valueOfType, withUnknownMembers } from '../support/bad-cbor.ts';
import { everyCapability } from '../support/capabilities.ts';
import { fingerprintKey } from '../support/fingerprints.ts';
import { openKey, rawOutcome, snapshot, type Opened } from '../support/protocol.ts';
import {
  huge,
  requestEntries as entries,
  type Entry,
  type Members,
  type Prepared,
} from '../support/request-entries.ts';

const show = (value: CborValue): string => toHex(encodeCbor(value)).slice(0, 40);

/** Every command that takes parameters, with all of its subcommands, as the code knows them. */
const tables: Readonly<Record<number, { table: FieldTable; subs: Readonly<Record<string, number>> }>> = {
  [ctapCommand.makeCredential]: { table: makeCredentialTable, subs: {} },
  [ctapCommand.getAssertion]: { table: getAssertionTable, subs: {} },
  [ctapCommand.clientPin]: { table: clientPinTable, subs: clientPinSubCommand },
  [ctapCommand.credentialManagement]: {
    table: credentialManagementTable,
    subs: credentialManagementSubCommand,
  },
  [ctapCommand.credentialManagementPreview]: {
    table: credentialManagementTable,
    subs: credentialManagementSubCommand,
  },
  [ctapCommand.bioEnrollment]: { table: bioEnrollmentTable, subs: bioEnrollmentSubCommand },
  [ctapCommand.bioEnrollmentPreview]: { table: bioEnrollmentTable, subs: bioEnrollmentSubCommand },
  [ctapCommand.largeBlobs]: { table: largeBlobsTable, subs: {} },
  [ctapCommand.config]: { table: configTable, subs: configSubCommand },
};
const withoutParameters = ['getInfo', 'reset', 'getNextAssertion', 'selection'] as const;

const profile = { ...everyCapability, ...fingerprintKey, maxMsgSize: 1088 } as const;
const keysOf = (members: Members): number[] => Object.keys(members).map(Number);
const numbers = (left: number, right: number): number => left - right;

interface Bench {
  readonly opened: Opened;
  readonly entry: Entry;
  readonly prepared: Prepared;
}
let bench: Bench | undefined;

async function open(entry: Entry): Promise<Bench> {
  const opened = await openKey(profile);
  bench = { opened, entry, prepared: await entry.prepare(opened) };
  return bench;
}

/** Whatever a test sent, the good request is answered as if nothing had been: nothing was changed, no token spent. */
afterEach(async () => {
  if (!bench) return;
  const { entry, opened, prepared } = bench;
  bench = undefined;
  expect(await rawOutcome(opened.client, entry.code, prepared.good)).toBe(entry.status ?? 'OK');
});

/** Sends something bad, and sees that it changes nothing and bothers nobody. */
async function refuse(
  { entry, opened }: Bench,
  request: CborValue,
  what: string,
  status: string,
): Promise<void> {
  const before = snapshot(opened.key.keystore);
  expect(await rawOutcome(opened.client, entry.code, request), what).toBe(status);
  expect(snapshot(opened.key.keystore) === before, `${what} changes something`).toBe(true);
}

describe.each(entries)('$name', (entry) => {
  it('lacks a member, one after the other', async () => {
    const ready = await open(entry);
    for (const key of keysOf(entry.members)) {
      const { missing } = entry.members[key]!;
      if (missing === undefined) continue;
      const { build, good } = ready.prepared;
      // Parameters that are signed are signed anew: what is missing comes before or after that, by command.
      const request = build && key === entry.paramsKey ? build() : replaced(good, key, undefined);
      await refuse(ready, request, `without ${key}`, missing);
    }
    for (const key of keysOf(entry.params ?? {})) {
      const { missing } = entry.params![key]!;
      const params = ready.prepared.good.get(entry.paramsKey!) as CborMap | undefined;
      if (missing === undefined || !params || !ready.prepared.build) continue;
      const request = ready.prepared.build(replaced(params, key, undefined));
      await refuse(ready, request, `without parameter ${key}`, missing);
    }
    expect(ready.opened.key.user.questions).toEqual([]);
  });

  it('has a member of every wrong type', async () => {
    const ready = await open(entry);
    for (const key of keysOf(entry.members)) {
      for (const [type, value] of Object.entries(valueOfType)) {
        if (type === entry.members[key]!.type) continue;
        const request = replaced(ready.prepared.good, key, value);
        await refuse(ready, request, `${key}: ${type}`, 'CBOR_UNEXPECTED_TYPE');
      }
    }
    const given = (ready.prepared.good.get(entry.paramsKey ?? -1) ?? new Map()) as CborMap;
    for (const key of keysOf(entry.params ?? {})) {
      for (const [type, value] of Object.entries(valueOfType)) {
        if (type === entry.params![key]!.type) continue;
        // Not signed anew: types come before the signature.
        const request = replaced(ready.prepared.good, entry.paramsKey!, replaced(given, key, value));
        await refuse(ready, request, `parameter ${key}: ${type}`, 'CBOR_UNEXPECTED_TYPE');
      }
    }
    expect(ready.opened.key.user.questions).toEqual([]);
  });

  it('has a value that is out of range', async () => {
    const ready = await open(entry);
    for (const [key, value, status] of entry.outOfRange ?? []) {
      await refuse(ready, replaced(ready.prepared.good, key, value), `${key}: ${show(value)}`, status);
    }
    for (const [key, value, status] of entry.paramsOutOfRange ?? []) {
      const given = (ready.prepared.good.get(entry.paramsKey!) ?? new Map()) as CborMap;
      const request = ready.prepared.build!(replaced(given, key, value));
      await refuse(ready, request, `parameter ${key}: ${show(value)}`, status);
    }
    expect(ready.opened.key.user.questions).toEqual([]);
  });

  it('is no canonical CBOR, or no map', async () => {
    const ready = await open(entry);
    for (const [what, request] of Object.entries(badEncodings(ready.prepared.good))) {
      await refuse(ready, request, what, 'INVALID_CBOR');
    }
    for (const [type, value] of Object.entries(valueOfType)) {
      if (type === 'map' || type === 'bytes') continue;
      await refuse(ready, value, type, 'CBOR_UNEXPECTED_TYPE');
    }
    await refuse(ready, encodeCbor(new Uint8Array(3)), 'bytes', 'CBOR_UNEXPECTED_TYPE');
    expect(ready.opened.key.user.questions).toEqual([]);
  });

  it('is too long', async () => {
    const ready = await open(entry);
    const tooLong = replaced(ready.prepared.good, 0x7f, new Uint8Array(profile.maxMsgSize));
    await refuse(ready, tooLong, 'too long', 'REQUEST_TOO_LARGE');
  });

  it('has members that nobody knows, which change nothing', async () => {
    const ready = await open(entry);
    const { good } = ready.prepared;
    const request = withUnknownMembers(good);
    expect(await rawOutcome(ready.opened.client, entry.code, request)).toBe(entry.status ?? 'OK');
    bench = undefined;
  });
});

describe('what is tried above', () => {
  it('is every command and every subcommand', () => {
    const names = Object.entries(ctapCommand).filter(
      ([name]) => !(withoutParameters as readonly string[]).includes(name),
    );
    expect(names.map(([, code]) => code).toSorted(numbers)).toEqual(
      keysOf(tables as never).toSorted(numbers),
    );
    for (const [code, { subs }] of Object.entries(tables)) {
      const tried = entries.filter((entry) => entry.code === Number(code) && entry.sub !== undefined);
      expect(tried.map(({ sub }) => sub!).toSorted(numbers)).toEqual(Object.values(subs).toSorted(numbers));
    }
  });

  it.each(entries)('is every member of $name', ({ code, members }) => {
    const { table } = tables[code]!;
    expect(keysOf(members).toSorted(numbers)).toEqual(
      Object.values(table)
        .map(({ key }) => Number(key))
        .toSorted(numbers),
    );
  });
});

describe('subcommands that do not exist', () => {
  it.each(Object.entries(tables).filter(([, { subs }]) => Object.keys(subs).length > 0))(
    'of command %s are refused, whatever else is in the request',
    async (code, { subs }) => {
      const opened = await openKey(profile);
      const subKey = [
        ctapCommand.clientPin,
        ctapCommand.bioEnrollment,
        ctapCommand.bioEnrollmentPreview,
      ].includes(Number(code) as never)
        ? 2
        : 1;
      const before = snapshot(opened.key.keystore);
      for (const sub of [...Array(256).keys(), 256, 0xffff_ffff, huge]) {
        if (Object.values(subs).includes(Number(sub))) continue;
        const request = cborMap(
          new Map<number, CborValue>([
            [subKey, sub],
            [99, 'x'],
          ]),
        );
        expect(await rawOutcome(opened.client, Number(code), request), `${sub}`).toBe('INVALID_SUBCOMMAND');
      }
      expect(snapshot(opened.key.keystore)).toBe(before);
    },
  );
});

describe('commands without parameters', () => {
  it.each(withoutParameters)('%s takes no notice of any', async (name) => {
    const status = async (parameters?: Uint8Array) => {
      const { client } = await openKey(profile);
      return rawOutcome(client, ctapCommand[name], parameters);
    };
    expect(await status(Uint8Array.of(0xa0))).toBe(await status());
    expect(await status(Uint8Array.of(0xff, 0x01))).toBe(await status());
  });
});
