import vectors from '../../vectors/uhid.json' with { type: 'json' };

/** A uhid event as the kernel's own header lays it out. */
export function uhidEvent(name: keyof typeof vectors.events): Uint8Array {
  const { size, hex } = vectors.events[name];
  const event = new Uint8Array(size);
  event.set(Buffer.from(hex, 'hex'));
  return event;
}

/** The report in the output events of the vectors: 1, 2, … 64. */
export const vectorReport: Uint8Array = Uint8Array.from({ length: 64 }, (_, index) => index + 1);
