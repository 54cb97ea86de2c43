import type { FieldTable } from '../../src/cbor/table.ts';
import { ctapCommand } from '../../src/ctap/command.ts';
import { bioEnrollmentTable } from '../../src/ctap/messages/bio-enrollment.ts';
import { clientPinTable } from '../../src/ctap/messages/client-pin.ts';
import { configTable } from '../../src/ctap/messages/config.ts';
import { credentialManagementTable } from '../../src/ctap/messages/credential-management.ts';
import { getAssertionTable } from '../../src/ctap/messages/get-assertion.ts';
import { largeBlobsTable } from '../../src/ctap/messages/large-blobs.ts';
import { makeCredentialTable } from '../../src/ctap/messages/make-credential.ts';

/** Every request that has parameters, by its command byte. */
export const messageTables: readonly { readonly command: number; readonly table: FieldTable }[] = [
  { command: ctapCommand.makeCredential, table: makeCredentialTable },
  { command: ctapCommand.getAssertion, table: getAssertionTable },
  { command: ctapCommand.clientPin, table: clientPinTable },
  { command: ctapCommand.bioEnrollment, table: bioEnrollmentTable },
  { command: ctapCommand.credentialManagement, table: credentialManagementTable },
  { command: ctapCommand.largeBlobs, table: largeBlobsTable },
  { command: ctapCommand.config, table: configTable },
  { command: ctapCommand.bioEnrollmentPreview, table: bioEnrollmentTable },
  { command: ctapCommand.credentialManagementPreview, table: credentialManagementTable },
];
