/** Command bytes of CTAPHID_CBOR messages (CTAP 2.3 §6). */
export const ctapCommand = {
  makeCredential: 0x01,
  getAssertion: 0x02,
  getInfo: 0x04,
  clientPin: 0x06,
  reset: 0x07,
  getNextAssertion: 0x08,
  bioEnrollment: 0x09,
  credentialManagement: 0x0a,
  selection: 0x0b,
  largeBlobs: 0x0c,
  config: 0x0d,
  /** Prototypes of bioEnrollment and credentialManagement, which libfido2 before 1.14 still sends. */
  bioEnrollmentPreview: 0x40,
  credentialManagementPreview: 0x41,
} as const;

export type CtapCommandName = keyof typeof ctapCommand;
