import type { Entry } from "./entry.ts";

/** Expiry is looked at no more often than this, in ms: a lease lasts at least its deadline, at most this much longer. */
const GRAIN_MS = 20;

/**
 * The leases of one subscription. One timer stands at a lower bound of the next expiry, so that extending or ending a
 * lease costs nothing; when it fires, the leases (bounded by the clients' flow control) are looked through once.
 */
export class LeaseBook {
  readonly #leased = new Set<Entry>();
  readonly #onExpired: (entries: Entry[]) => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Infinity;

  constructor(onExpired: (entries: Entry[]) => void, now: () => number) {
    this.#onExpired = onExpired;
    this.#now = now;
  }

  get size(): number {
    return this.#leased.size;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#leased[Symbol.iterator]();
  }

  add(entry: Entry, deadlineMs: number): void {
    this.#leased.add(entry);
    this.setDeadline(entry, deadlineMs);
  }

  setDeadline(entry: Entry, deadlineMs: number): void {
    entry.deadlineMs = deadlineMs;
    if (deadlineMs < this.#timerMs) this.#arm(deadlineMs);
  }

  delete(entry: Entry): void {
    this.#leased.delete(entry);
  }

  close(): void {
    this.#leased.clear();
    this.#arm(Infinity);
  }

  #arm(dueMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = dueMs;
    if (dueMs === Infinity) return;
    this.#timer = setTimeout(() => this.#fire(), Math.max(GRAIN_MS, Math.ceil(dueMs - this.#now())));
  }

  #fire(): void {
    this.#timer = null;
    this.#timerMs = Infinity;
    const now = this.#now();
    const expired: Entry[] = [];
    let nextMs = Infinity;
    for (const entry of this.#leased) {
      if (entry.deadlineMs <= now) expired.push(entry);
      else if (entry.deadlineMs < nextMs) nextMs = entry.deadlineMs;
    }
    if (nextMs < Infinity) this.#arm(nextMs);
    if (expired.length > 0) this.#onExpired(expired);
  }
}
