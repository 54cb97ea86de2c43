import {
  arrayOf,
  boolean,
  bytes,
  map,
  optional,
  required,
  struct,
  text,
  uint,
  uint64,
  type Decoded,
} from '../../cbor/table.ts';

/** Subcommands of authenticatorConfig (CTAP 2.3 §6.11). */
export const configSubCommand = {
  enableEnterpriseAttestation: 0x01,
  toggleAlwaysUv: 0x02,
  setMinPinLength: 0x03,
  enableLongTouchForReset: 0x04,
  vendorPrototype: 0xff,
} as const;

/** The members of subCommandParams depend on the subcommand, so they are read with a table of their own. */
export const configTable = {
  subCommand: required(0x01, uint),
  subCommandParams: optional(0x02, map),
  pinUvAuthProtocol: optional(0x03, uint),
  pinUvAuthParam: optional(0x04, bytes),
};
export type ConfigRequest = Decoded<typeof configTable>;

const setMinPinLengthTable = {
  newMinPinLength: optional(0x01, uint),
  minPinLengthRpIds: optional(0x02, arrayOf(text)),
  forceChangePin: optional(0x03, boolean),
  pinComplexityPolicy: optional(0x04, boolean),
};
export const setMinPinLengthParams = struct(setMinPinLengthTable);
export type SetMinPinLengthParams = Decoded<typeof setMinPinLengthTable>;

/** A vendorCommandId that is absent is noticed after authorisation, as a missing parameter. */
const vendorPrototypeTable = { vendorCommandId: optional(0x01, uint64) };
export const vendorPrototypeParams = struct(vendorPrototypeTable);
export type VendorPrototypeParams = Decoded<typeof vendorPrototypeTable>;
