import type { z } from 'zod';
import type { credential, credentialChange, credentialNote, newCredential } from '../schemas/credential.ts';
import type { controlEvent, laggedEvent } from '../schemas/event.ts';
import type { activeFault, faultDescription, faultRule } from '../schemas/fault.ts';
import type { habit, keyDescription, newKey } from '../schemas/key.ts';
import type { finger, pinAdjustment, pinState } from '../schemas/pin.ts';
import type { policy, policyRule, question, questionFilter, reply } from '../schemas/user.ts';

/** What goes in and comes out of the client: bytes are Uint8Array here. */
export type KeyDescription = z.output<typeof keyDescription>;
export type NewKey = z.output<typeof newKey>;
export type Habit = z.output<typeof habit>;
export type Credential = z.output<typeof credential>;
export type NewCredential = z.output<typeof newCredential>;
export type CredentialChange = z.output<typeof credentialChange>;
export type CredentialNote = z.output<typeof credentialNote>;
export type Question = z.output<typeof question>;
export type QuestionFilter = z.output<typeof questionFilter>;
export type Reply = z.output<typeof reply>;
export type Policy = z.output<typeof policy>;
export type PolicyRule = z.output<typeof policyRule>;
export type PinState = z.output<typeof pinState>;
export type PinAdjustment = z.output<typeof pinAdjustment>;
export type Finger = z.output<typeof finger>;
export type FaultDescription = z.output<typeof faultDescription>;
export type FaultRule = z.output<typeof faultRule>;
export type Fault = z.output<typeof activeFault>;
export type ControlEvent = z.output<typeof controlEvent>;
export type LaggedEvent = z.output<typeof laggedEvent>;
/** A whole key with its secrets; to be kept and given back unchanged. */
export type Snapshot = Readonly<Record<string, unknown>>;
