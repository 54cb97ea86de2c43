import { createHash } from 'node:crypto';

import type { CoseKey } from '../../../src/cose/key.ts';
import type { Keystore } from '../../../src/ports/keystore.ts';

/** A credential as the client knows it. */
export interface Known {
  readonly id: Uint8Array;
  readonly rpId: string;
  readonly userId: number;
  readonly discoverable: boolean;
  readonly publicKey: CoseKey;
  /** The highest counter that the client was ever sent. */
  signCount: number;
}

/** What the client was told, and may rely on. */
export interface World {
  readonly credentials: Map<string, Known>;
  /** Ids that the key said it deleted, or replaced. */
  readonly gone: Set<string>;
  pin: string | undefined;
  retries: number;
  blobs: Uint8Array | undefined;
}

/** What the client asked for and has no answer to: it may have happened or not, but never by half. */
export type Flight =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'register'; readonly rpId: string; readonly userId: number }
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'pin'; readonly pin: string; readonly retries: readonly number[] }
  | { readonly kind: 'right-pin' }
  | { readonly kind: 'wrong-pin' }
  | { readonly kind: 'blobs'; readonly blobs: Uint8Array };

export const fullRetries = 8;

export function newWorld(): World {
  return {
    credentials: new Map(),
    gone: new Set(),
    pin: undefined,
    retries: fullRetries,
    blobs: undefined,
  };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function sha256(data: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest());
}

/**
 * Compares a store that nobody runs with what its client may rely on, and lets the world follow what was in flight.
 * Returns a sentence for each thing that is wrong.
 */
export function settleWorld(world: World, flight: Flight, keystore: Keystore): string[] {
  return [
    ...credentialFaults(world, flight, keystore),
    ...indexFaults(keystore),
    ...retryFaults(world, flight, keystore),
    ...pinFaults(world, flight, keystore),
    ...blobFaults(world, flight, keystore),
  ];
}

function credentialFaults(world: World, flight: Flight, keystore: Keystore): string[] {
  const faults: string[] = [];
  const found = new Map([...keystore.all()].map((credential) => [hex(credential.id), credential]));
  const strangers = [...found.values()].filter(({ id }) => !world.credentials.has(hex(id)));
  const isInFlight = (rpId?: string, userId?: number) =>
    flight.kind === 'register' && flight.rpId === rpId && flight.userId === userId;
  for (const stranger of strangers) {
    const id = hex(stranger.id);
    if (world.gone.has(id)) faults.push(`${id} was deleted, and is back`);
    else if (!isInFlight(stranger.rpId, stranger.user?.id[0])) faults.push(`${id} came from nowhere`);
    world.credentials.set(id, {
      id: stranger.id,
      rpId: stranger.rpId ?? '',
      userId: stranger.user?.id[0] ?? -1,
      discoverable: stranger.discoverable,
      publicKey: stranger.publicKey,
      signCount: -1,
    });
  }
  for (const [id, known] of world.credentials) {
    if (found.has(id)) continue;
    const replaced = known.discoverable && strangers.length > 0 && isInFlight(known.rpId, known.userId);
    if (!replaced && !(flight.kind === 'delete' && flight.id === id)) faults.push(`${id} is lost`);
    world.credentials.delete(id);
    world.gone.add(id);
  }
  return faults;
}

/** A store that is half-written does not survive this. */
function indexFaults(keystore: Keystore): string[] {
  const all = [...keystore.all()];
  const discoverable = all.filter((credential) => credential.discoverable);
  const sites = new Map(discoverable.map(({ rpIdHash }) => [hex(rpIdHash), rpIdHash]));
  const bySite = [...sites.values()].flatMap((hash) => keystore.discoverable(hash));
  const agrees =
    bySite.length === discoverable.length &&
    keystore.countDiscoverable() === discoverable.length &&
    keystore.discoverableRps().length === sites.size &&
    all.every(({ id, rpIdHash }) => keystore.find(rpIdHash, id) !== undefined);
  return agrees ? [] : ['the indexes do not agree'];
}

function retryFaults(world: World, flight: Flight, keystore: Keystore): string[] {
  const { pinRetries } = keystore.state();
  const possible = possibleRetries(world.retries, flight);
  world.retries = pinRetries;
  if (possible.includes(pinRetries)) return [];
  return [`${String(pinRetries)} PIN tries are left, but only ${possible.join(' or ')} can be`];
}

function possibleRetries(retries: number, flight: Flight): readonly number[] {
  if (flight.kind === 'wrong-pin') return [retries, retries - 1];
  if (flight.kind === 'right-pin') return [retries, retries - 1, fullRetries];
  return flight.kind === 'pin' ? flight.retries : [retries];
}

function pinFaults(world: World, flight: Flight, keystore: Keystore): string[] {
  const { pin } = keystore.state();
  const found = pin && hex(pin.hash);
  const candidates = flight.kind === 'pin' ? [world.pin, flight.pin] : [world.pin];
  const match = candidates.findIndex((text) => (text && hex(sha256(text).subarray(0, 16))) === found);
  if (match < 0) return ['the PIN is neither the old nor the new one'];
  world.pin = candidates[match];
  return [];
}

function blobFaults(world: World, flight: Flight, keystore: Keystore): string[] {
  const found = keystore.state().largeBlobArray;
  const candidates = flight.kind === 'blobs' ? [world.blobs, flight.blobs] : [world.blobs];
  const match = candidates.findIndex((blobs) => (blobs && hex(blobs)) === (found && hex(found)));
  if (match < 0) return ['the blobs are neither the old nor the new ones'];
  world.blobs = candidates[match];
  return [];
}
