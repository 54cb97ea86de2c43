/** Exit codes, with what they mean to a script. `--help` and the README show this table. */
export const exitCode = {
  ok: 0,
  negative: 1,
  usage: 2,
  notFound: 3,
  notRunning: 4,
  locked: 5,
  passphrase: 6,
  corrupt: 7,
  full: 8,
  io: 9,
  transportUnavailable: 10,
  transportPermission: 11,
  transportInUse: 12,
  transportIo: 13,
  bug: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCode.ok, 'done'],
  [exitCode.negative, 'no: a check failed, a PIN was refused, or you declined'],
  [exitCode.usage, 'the command line or a given file is wrong'],
  [exitCode.notFound, 'no such credential or key'],
  [exitCode.notRunning, 'the key is not running'],
  [exitCode.locked, 'the key is running already, or the keystore is locked'],
  [exitCode.passphrase, 'wrong or missing passphrase'],
  [exitCode.corrupt, 'the keystore is damaged, foreign, or of a newer version'],
  [exitCode.full, 'the disk or the keystore is full'],
  [exitCode.io, 'a file could not be read or written'],
  [exitCode.transportUnavailable, 'the transport does not exist on this machine'],
  [exitCode.transportPermission, 'the transport needs a permission'],
  [exitCode.transportInUse, 'the port or path is in use'],
  [exitCode.transportIo, 'the transport failed'],
  [exitCode.bug, 'a defect of fauxkey itself'],
  [exitCode.interrupted, 'interrupted at a question'],
];
