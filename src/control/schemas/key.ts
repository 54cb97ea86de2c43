import { z } from 'zod';
import { document } from './common.ts';
import { policyAction } from './user.ts';

export const habit = z
  .strictObject({
    action: policyAction,
    delayMs: z.int().min(0).max(86_400_000).exactOptional(),
  })
  .meta({ id: 'Habit', description: 'What the user does when no policy says something else' });

const usbText = z.string().min(1).max(126);
const usbId = z.int().min(1).max(0xffff);
const byte = z.int().min(0).max(255);

export const usbIdentity = z
  .object({
    vendorId: usbId,
    productId: usbId,
    manufacturer: usbText,
    product: usbText,
    serial: usbText,
    version: z.tuple([byte, byte, byte]).readonly(),
  })
  .meta({ id: 'UsbIdentity' });

export const snapshot = document.meta({
  id: 'Snapshot',
  description: 'A whole key with its secrets: take it from GET, give it to PUT unchanged',
});

export const newKey = z
  .strictObject({
    id: z
      .string()
      .regex(
        /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/,
        'has to be 1 to 64 letters, digits, ".", "_" or "-", and no "." first',
      )
      .exactOptional(),
    name: z.string().min(1).max(64).exactOptional(),
    profile: z.union([z.string().max(64), document]).exactOptional(),
    transports: z.array(z.string().max(200)).max(8).exactOptional(),
    consent: habit.exactOptional(),
    usb: z
      .strictObject({
        vendorId: usbId.exactOptional(),
        productId: usbId.exactOptional(),
        manufacturer: usbText.exactOptional(),
        product: usbText.exactOptional(),
        serial: usbText.exactOptional(),
        version: z.tuple([byte, byte, byte]).readonly().exactOptional(),
      })
      .exactOptional(),
    plugged: z.boolean().exactOptional(),
    snapshot: snapshot.exactOptional(),
  })
  .meta({ id: 'NewKey', description: 'A key to be made; every member may be left out' });

export const keyDescription = z
  .object({
    id: z.string(),
    name: z.string(),
    profile: z.object({ name: z.string(), changed: z.boolean() }),
    usb: usbIdentity,
    plugged: z.boolean(),
    transports: z.array(z.string()).readonly(),
    addresses: z.array(z.string()).readonly(),
    notes: z.array(z.string()).readonly(),
    consent: habit,
    credentialCount: z.int(),
    pinSet: z.boolean(),
    aaguid: z.string(),
    keystore: z.string().exactOptional(),
  })
  .meta({ id: 'Key' });
