/** Time as the key sees it. Tests replace it; nothing else in the core may look at a clock. */
export interface Clock {
  /** Milliseconds of a clock that never goes back; only differences mean anything. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch, for what people read. */
  wall(): number;
  /** Calls `callback` once after `delay` milliseconds. Returns a function that cancels it. */
  after(delay: number, callback: () => void): () => void;
}
