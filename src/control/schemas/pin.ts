import { z } from 'zod';
import { bytes } from './common.ts';

const pinText = z.string().min(1).max(255);

export const pinState = z
  .object({
    supported: z.boolean(),
    set: z.boolean(),
    retriesLeft: z.int(),
    maxRetries: z.int(),
    uvRetriesLeft: z.int(),
    uvMaxRetries: z.int(),
    minLength: z.int(),
    changeRequired: z.boolean(),
  })
  .meta({ id: 'PinState' });

export const pinChange = z
  .strictObject({ pin: pinText, oldPin: pinText.exactOptional() })
  .meta({ id: 'PinChange', description: 'With oldPin as the user does it: a wrong one costs a retry' });

export const pinAdjustment = z
  .strictObject({
    retriesLeft: z.int().min(0).exactOptional(),
    uvRetriesLeft: z.int().min(0).exactOptional(),
    changeRequired: z.boolean().exactOptional(),
  })
  .meta({ id: 'PinAdjustment', description: 'Zero retries block' });

export const finger = z
  .object({ id: bytes(1, 255), name: z.string().exactOptional() })
  .meta({ id: 'Finger' });

export const fingerName = z.strictObject({ name: z.string().max(255).exactOptional() });
