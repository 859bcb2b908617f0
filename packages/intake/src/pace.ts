/** How large a master may be and how slowly it may come. */
export interface Pace {
  readonly maxBytes: number;
  /** Longest silence, in ms. */
  readonly idleMs: number;
  /** Least average rate, once `graceMs` have passed. */
  readonly minBytesPerSec: number;
  readonly graceMs: number;
}
