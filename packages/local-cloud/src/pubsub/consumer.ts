import type { ReceivedMessage } from "./wire-writer.ts";

/** Sends messages to the client; false asks to wait until `resume` is called. */
export type Send = (received: readonly ReceivedMessage[]) => boolean;

/** A response is sent once it holds this much; larger ones would sit in memory while the client reads slowly. */
const RESPONSE_BYTES = 256 * 1024;
const RESPONSE_MESSAGES = 500;

/** Streams with room for many messages are filled in strides of up to this many. */
const MAX_STRIDE = 100;

/** Who takes messages of a subscription: a StreamingPull stream, or a Pull request until it is answered. */
export class Consumer {
  /** Flow control: 0 or less means no limit. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** How long its leases last at first, in ms. */
  leaseMs: number;
  /** Delivered and neither acknowledged nor given back, by count and bytes. */
  outstandingMessages = 0;
  outstandingBytes = 0;
  closed = false;
  /** A Pull is answered with the first batch; a stream stays. */
  readonly once: boolean;
  #paused = false;
  #batch: ReceivedMessage[] = [];
  #batchBytes = 0;
  readonly #send: Send;

  constructor(options: {
    maxMessages: number;
    maxBytes: number;
    leaseMs: number;
    once: boolean;
    send: Send;
  }) {
    this.maxMessages = options.maxMessages;
    this.maxBytes = options.maxBytes;
    this.leaseMs = options.leaseMs;
    this.once = options.once;
    this.#send = options.send;
  }

  /** True if flow control lets a message of `bytes` through; a message larger than the limit may come alone. */
  fits(bytes: number): boolean {
    if (this.closed || this.#paused) return false;
    if (this.maxMessages > 0 && this.outstandingMessages >= this.maxMessages) return false;
    if (this.maxBytes <= 0 || this.outstandingMessages === 0) return true;
    return this.outstandingBytes + bytes <= this.maxBytes;
  }

  /**
   * How much the consumer has to do, for sharing messages out: the next goes where this is least. It is counted in strides of
   * a tenth of its limit, because fewer and larger responses cost both sides less; with a limit under 20 in single messages.
   */
  get load(): number {
    const limit = this.maxMessages > 0 ? this.maxMessages : Number.POSITIVE_INFINITY;
    const stride = Math.max(1, Math.floor(Math.min(limit / 10, MAX_STRIDE)));
    return Math.floor(this.outstandingMessages / stride);
  }

  /** A message of `bytes` became outstanding (1) or is no longer (-1). */
  count(bytes: number, sign: 1 | -1): void {
    this.outstandingMessages += sign;
    this.outstandingBytes += sign * bytes;
  }

  take(received: ReceivedMessage): void {
    this.#batch.push(received);
    this.#batchBytes += received.body.length;
    const full = this.#batchBytes >= RESPONSE_BYTES || this.#batch.length >= RESPONSE_MESSAGES;
    // A Pull has one answer: it is sent when the round ends, and grows no further than this.
    if (full && this.once) this.#paused = true;
    else if (full) this.flush();
  }

  /** Sends what was taken. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (this.closed) return;
    if (this.once) this.closed = true;
    if (!this.#send(batch)) this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }
}
