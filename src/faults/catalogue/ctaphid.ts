import { hidError } from '../../ctaphid/command.ts';
import type { Bending, Effect, FaultDefinition, TimedReport } from '../effect.ts';
import type { FaultParameter } from '../fault.ts';
import { define, numberOf, textOf } from './define.ts';

const direction: FaultParameter = {
  name: 'direction',
  type: 'choice',
  choices: ['to-host', 'to-key'],
  default: 'to-host',
  doc: 'Whether it happens to an answer or to a request.',
};

const packet: FaultParameter = {
  name: 'packet',
  type: 'integer',
  minimum: 0,
  maximum: 128,
  default: 0,
  doc: 'Which packet of the message, from 0; beyond the end it is the last one.',
};

type Reports = readonly TimedReport[];

/** An effect on one packet, which becomes none, one or several. */
function onPacket(
  change: (packet: TimedReport, bending: Bending) => readonly TimedReport[] | undefined,
): Effect {
  return {
    at: 'reports',
    bend: (reports, bending) => {
      const index = Math.min(numberOf(bending.parameters, 'packet'), reports.length - 1);
      const hit = reports[index];
      const changed = hit && change(hit, bending);
      return changed && [...reports.slice(0, index), ...changed, ...reports.slice(index + 1)];
    },
  };
}

function reorder(reports: Reports, { parameters }: Bending): Reports | undefined {
  const index = Math.min(numberOf(parameters, 'packet'), reports.length - 2);
  const [first, second] = [reports[index], reports[index + 1]];
  if (!first || !second) return undefined;
  return [...reports.slice(0, index), second, first, ...reports.slice(index + 2)];
}

function withByte({ report, delay }: TimedReport, at: number, change: (byte: number) => number): TimedReport {
  return { delay, report: report.map((byte, index) => (index === at ? change(byte) : byte)) };
}

/** The sequence number, or the bit that makes a packet the first of a message. */
const typeByte = 4;
const isContinuation = ({ report }: TimedReport): boolean => ((report[typeByte] ?? 0) & 0x80) === 0;

function missequence(reports: Reports, { parameters }: Bending): Reports | undefined {
  const index = Math.min(Math.max(numberOf(parameters, 'packet'), 1), reports.length - 1);
  const hit = reports[index];
  if (!hit || !isContinuation(hit)) return undefined;
  const wrong = withByte(hit, typeByte, (sequence) => (sequence + 1) & 0x7f);
  return [...reports.slice(0, index), wrong, ...reports.slice(index + 1)];
}

const timesOut =
  'A platform gives the exchange up after a time of its own, says INIT again, and does not hang; the user may try again.';
const dropped = 'NotAllowedError once the browser has given the key up; nothing reaches the relying party.';
const ignored =
  'To a host that follows CTAPHID nothing happens or the exchange fails cleanly; to a key, it answers with ERROR or ignores the packet.';

const packetFaults: readonly FaultDefinition[] = [
  define(
    'ctaphid',
    {
      name: 'ctaphid.lost',
      parameters: [direction, packet],
      does: 'Loses a packet of a message.',
      expect: timesOut,
      outcome: `${dropped} A key that misses the last packet of a request answers with ERROR MSG_TIMEOUT after 500 ms (CTAP 2.3 §11.2.5.2), with INVALID_SEQ if it is another one, and with nothing if it is the first. \`CtapClient\`: HidTransportError.`,
    },
    onPacket(() => []),
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.doubled',
      parameters: [direction, packet],
      does: 'Sends a packet of a message twice.',
      expect: `A doubled continuation is out of sequence. ${ignored}`,
      outcome:
        'A key answers a doubled first or later packet of a request with ERROR INVALID_SEQ. A browser ends the ceremony with NotAllowedError or reads on as if nothing had been.',
    },
    onPacket((hit) => [hit, { ...hit, delay: 0 }]),
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.reordered',
      parameters: [direction, { ...packet, doc: `${packet.doc} It changes places with the next one.` }],
      does: 'Swaps two packets of a message. Nothing happens to one of a single packet.',
      expect: ignored,
      outcome: `ERROR INVALID_SEQ from a key. ${dropped}`,
    },
    { at: 'reports', bend: reorder },
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.delayed',
      parameters: [
        direction,
        packet,
        {
          name: 'delayMs',
          type: 'integer',
          minimum: 1,
          maximum: 600_000,
          default: 1000,
          doc: 'How long the packet, and everything behind it, is late, in milliseconds.',
        },
      ],
      does: 'Delivers a packet late.',
      expect:
        'A platform waits for a while, and then gives up as if the packet were lost; it does not take the late packet for the answer to its next request.',
      outcome:
        'Success if the delay is short. A key that waits longer than 500 ms for the next packet of a request answers with ERROR MSG_TIMEOUT.',
    },
    onPacket((hit, { parameters }) => [{ ...hit, delay: hit.delay + numberOf(parameters, 'delayMs') }]),
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.wrong-channel',
      parameters: [direction, packet],
      does: 'Sends a packet on another channel than its message.',
      expect: `A host ignores a packet that is not on its channel; a key answers a request on a channel that it never gave out with ERROR INVALID_CHANNEL. ${timesOut}`,
      outcome: `${dropped} \`CtapClient\`: HidTransportError \`timeout\`.`,
    },
    onPacket((hit) => [withByte(hit, 0, (byte) => byte ^ 0x5a)]),
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.wrong-sequence',
      parameters: [
        direction,
        { ...packet, default: 1, doc: `${packet.doc} The first packet has no sequence number.` },
      ],
      does: 'Gives a continuation packet the number of the next one. Nothing happens to a message of a single packet.',
      expect: ignored,
      outcome: `ERROR INVALID_SEQ from a key. ${dropped} \`CtapClient\`: HidTransportError \`protocol\`.`,
    },
    { at: 'reports', bend: missequence },
  ),
];

/** Faults of the messages of CTAPHID and of their packets. */
export const ctaphidFaults: readonly FaultDefinition[] = [
  ...packetFaults,
  define(
    'ctaphid',
    {
      name: 'ctaphid.no-keep-alive',
      commands: ['makeCredential', 'getAssertion', 'getNextAssertion'],
      does: 'Sends no keep-alive while the command runs.',
      expect:
        'A platform gives a silent key up after a time of its own, and resynchronises with INIT; a fast answer is taken all the same.',
      outcome:
        'Success if the user is fast. Otherwise `CtapClient` ends with HidTransportError `timeout` after 20 s of silence, and a browser with NotAllowedError.',
    },
    { at: 'keep-alive' },
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.endless-keep-alive',
      commands: ['makeCredential', 'getAssertion', 'getNextAssertion'],
      parameters: [
        {
          name: 'status',
          type: 'choice',
          choices: ['processing', 'upneeded'],
          default: 'processing',
          doc: 'What the keep-alives say.',
        },
      ],
      does: 'Sends keep-alives every 100 ms and no answer, until the host cancels or the rule is removed; the command then runs after all. The user is not asked meanwhile.',
      expect: 'A platform ends the ceremony when its time is over and sends CANCEL, which the key obeys.',
      outcome: 'NotAllowedError when the `timeout` of the page is over; AbortError if the page aborts.',
    },
    {
      at: 'hang',
      status: (parameters) => (textOf(parameters, 'status') === 'upneeded' ? 'upneeded' : 'processing'),
    },
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.error',
      parameters: [
        {
          name: 'code',
          type: 'code',
          names: hidError,
          minimum: 0,
          maximum: 255,
          default: 'other',
          doc: 'The code of CTAP 2.3 §11.2.9.1.6, by name or as a number.',
        },
      ],
      does: 'Answers a request with CTAPHID ERROR; the key never sees it.',
      expect: 'A platform ends the exchange. It may resynchronise and try again.',
      outcome: `${dropped} \`CtapClient\`: CtapHidError with the code.`,
    },
    { at: 'hid-error', code: (parameters) => numberOf(parameters, 'code') },
  ),
  define(
    'ctaphid',
    {
      name: 'ctaphid.busy',
      does: 'Answers a request with ERROR CHANNEL_BUSY, as if another program used the key.',
      expect: 'A platform waits a little and sends the request again.',
      outcome:
        'Success after some tries if the fault is for a few requests; NotAllowedError in the end if it stays.',
    },
    { at: 'hid-error', code: () => hidError.channelBusy },
  ),
];
