import type { Consumer } from "./consumer.ts";

/**
 * A message of one subscription while it is in memory.
 *
 *   ready ---deliver---> leased ---ack---> gone
 *     ^                    | nack or expiry (a failure is counted and committed)
 *     |                    v
 *     +---- delayed <-- settling --attempts used up--> gone (forwarded to the dead-letter topic)
 *
 * Messages past the memory window exist on disk only.
 */
export type Entry = {
  readonly id: number;
  readonly publishedMs: number;
  readonly bytes: number;
  readonly lane: Lane | null;
  /** Kept while the message waits inside the memory window; read from disk again when it is not there. */
  body: Uint8Array | null;
  /** Nacks and expired leases so far: what backoff and the dead-letter policy go by. */
  failures: number;
  /** Restarts of the server so far, which say nothing of the message; the next delivery is attempt `failures + restarts + 1`. */
  readonly restarts: number;
  state: "ready" | "leased" | "delayed" | "settling" | "gone";
  /** While leased: the lease's number in its ack id, its end in epoch ms, and who has it. */
  lease: number;
  deadlineMs: number;
  consumer: Consumer | null;
};

/**
 * The messages of one ordering key. They are handed out in order, and while some are outstanding the following ones
 * go to the same consumer only. When one fails, it and all later ones come back in order.
 */
export type Lane = {
  readonly key: string;
  /** Waiting, by rising id. */
  pending: Entry[];
  readonly outstanding: Set<Entry>;
  holder: Consumer | null;
  /** True while the lane stands in the ready queue. */
  queued: boolean;
  /** True while a failed message waits for its backoff: nothing may overtake it. */
  delayed: boolean;
};
