import type { Faults } from "./faults.ts";

/** What a server says of a URL. */
export interface SourceAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** What it says of its length: of one that breaks off, more than comes. */
  readonly sizeBytes: number;
}

const nothing = Buffer.alloc(0);

/** A web server of the clients', which lets nobody in without the whole URL. It may be busy, break off, or say nothing. */
export class SourceHost {
  readonly #faults: Faults;
  readonly #offers = new Map<string, Buffer>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  offer(url: string, bytes: Buffer): void {
    this.#offers.set(url, bytes);
  }

  /** The answer is undefined where none ever comes. */
  ask(url: string): { readonly answer: SourceAnswer | undefined; readonly afterMs: number } {
    const { ending, afterMs } = this.#faults.source();
    const whole = this.#offers.get(url);
    if (ending === "silent") return { answer: undefined, afterMs };
    if (ending === "busy") return { answer: { status: 503, body: nothing, sizeBytes: 0 }, afterMs };
    if (!whole) return { answer: { status: 403, body: nothing, sizeBytes: 0 }, afterMs };
    const body = ending === "cut" ? whole.subarray(0, whole.length / 2) : whole;
    return { answer: { status: 200, body, sizeBytes: whole.length }, afterMs };
  }
}
