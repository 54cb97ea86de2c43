import { reportSize } from '../ports/hid.ts';

/**
 * The datagram by which test suites of this field power-cycle a simulated key: 64 bytes that are no report of any
 * channel.
 */
export const restartDatagram: Uint8Array = Uint8Array.from(
  (
    'ac1052ca95e569de69e02ebff333485f13f9b2da34c5a8a340526697a9ab2e0b' +
    '394d8d04973c134005be1a0140bff6045bb26eb77a73eaa47813f6b49a7250dc'
  ).match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);

/** What a datagram means to a key: a report, the order to restart, or nothing because it has not 64 bytes. */
export function classifyDatagram(datagram: Uint8Array): 'report' | 'restart' | 'noise' {
  if (datagram.length !== reportSize) return 'noise';
  return datagram.every((byte, index) => byte === restartDatagram[index]) ? 'restart' : 'report';
}
