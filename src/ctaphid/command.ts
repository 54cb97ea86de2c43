/** Commands without bit 7 (CTAP 2.3 §11.2.9). */
export const hidCommand = {
  ping: 0x01,
  msg: 0x03,
  lock: 0x04,
  init: 0x06,
  wink: 0x08,
  cbor: 0x10,
  cancel: 0x11,
  keepalive: 0x3b,
  error: 0x3f,
} as const;
export type HidCommand = (typeof hidCommand)[keyof typeof hidCommand];

/** Payload of CTAPHID_ERROR (CTAP 2.3 §11.2.9.1.6). */
export const hidError = {
  invalidCommand: 0x01,
  invalidParameter: 0x02,
  invalidLength: 0x03,
  invalidSequence: 0x04,
  messageTimeout: 0x05,
  channelBusy: 0x06,
  lockRequired: 0x0a,
  invalidChannel: 0x0b,
  other: 0x7f,
} as const;
export type HidError = (typeof hidError)[keyof typeof hidError];

/** Capability bits of the INIT response (CTAP 2.3 §11.2.9.1.3). Bit 02 (U2FHID's LOCK) has no meaning in CTAP 2. */
export const hidCapability = { wink: 0x01, cbor: 0x04, noMsg: 0x08 } as const;

/** Payload of CTAPHID_KEEPALIVE (CTAP 2.3 §11.2.9.1.7). */
export const keepAliveCode = { processing: 1, upneeded: 2 } as const;

/** Version of the CTAPHID protocol in the INIT response. */
export const hidProtocolVersion = 2;
