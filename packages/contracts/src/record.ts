import { z } from "zod";
import { Failure } from "./failure.ts";
import { Address, Instant, Name } from "./ids.ts";

/** Where a payload lies and what it must be. */
export const PayloadRef = z.object({
  bucket: z.string(),
  name: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** CRC32C as Cloud Storage writes it: base64 of the big-endian value. */
  crc32c: z.string(),
  contentType: z.string(),
});
export type PayloadRef = z.infer<typeof PayloadRef>;

/**
 * The outside programs that a step works with on a worker's machine, each with the family of its version: what two builds of
 * one family make is taken for the same.
 */
export const Tools = z.record(z.string(), z.string());
export type Tools = z.infer<typeof Tools>;

/** How an attempt went: enough to draw a track's waterfall and to count costs. */
export const Attempt = z.object({
  worker: z.string().describe("host and process that ran it"),
  startedAt: Instant,
  finishedAt: Instant,
  durationMs: z.number().nonnegative().describe("wall time"),
  cpuMs: z
    .number()
    .nonnegative()
    .nullable()
    .describe(
      "CPU time of the step's own work, children and attempts that handed on to this one included; null where it could not be measured",
    ),
  gpuMs: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe(
      "how long that work held a GPU (of one that several attempts share, its share); null where it had none",
    ),
  deliveryAttempt: z.int().positive().describe("how often the queue had delivered the message by then"),
  tools: Tools.optional().describe(
    'outside programs that it worked with, each with the family of its version, as in `{ "ffmpeg": "5.1" }`; absent where there were none, or nobody said',
  ),
  earlier: z
    .array(
      z.object({
        worker: z.string().describe("host and process that ran it"),
        startedAt: Instant,
        durationMs: z.number().nonnegative().describe("wall time"),
        tools: Tools.optional().describe("as those of the attempt itself"),
      }),
    )
    .default([])
    .describe(
      "the attempts that handed on to this one, in the order in which they began: pieces of long work, some of them at the same time",
    ),
});
export type Attempt = z.infer<typeof Attempt>;

/** At another time: it took as long as it did. */
export function moveAttempt<T extends Pick<Attempt, "startedAt" | "finishedAt">>(
  attempt: T,
  byMs: number,
): T {
  const moved = (at: string) => new Date(Date.parse(at) + byMs).toISOString();
  return { ...attempt, startedAt: moved(attempt.startedAt), finishedAt: moved(attempt.finishedAt) };
}

/** How long an attempt and those that handed on to it ran, added up, in ms. */
export function runMs({ durationMs, earlier }: Attempt): number {
  return earlier.reduce((sum, attempt) => sum + attempt.durationMs, durationMs);
}

/** What was made of one output. */
const Made = z.object({ facts: z.unknown(), payload: PayloadRef.nullable() });
export type Made = z.infer<typeof Made>;

/**
 * The small durable record per address, which outlives the payload: it tells *not yet* (no record) from *expired*
 * (a record, no payload), holds the payload's checksum, a fact itself, or a permanent failure.
 */
export const ArtifactRecord = z.object({
  v: z.literal(1),
  address: Address,
  kind: Name,
  /** The step that made it and its version; null for a master, which a client made. */
  step: z.object({ name: Name, version: z.int().positive() }).nullable(),
  /** Input name to address. */
  inputs: z.record(z.string(), Address),
  /** Of a step with several outputs, kind to address of each: this is the record of all of them, and its kind is the step's name. */
  outputs: z.record(Name, Address).optional(),
  outcome: z.discriminatedUnion("status", [
    Made.extend({
      status: z.literal("succeeded"),
      /** Of a step with several outputs, kind to what was made of it; facts and payload are null then. */
      outputs: z.record(Name, Made).optional(),
    }),
    z.object({ status: z.literal("failed"), error: Failure }),
  ]),
  attempt: Attempt.nullable(),
  /** The first attempt that ended so at this address, where `attempt` has replaced what it made. */
  firstAttempt: Attempt.optional(),
  /** The request that the latest attempt was made for; absent for a master. */
  requestId: z.string().optional(),
  /** Requests that it was made for before, and that found it made when they came again; the latest first. */
  earlierRequestIds: z.array(z.string()).optional(),
  /** Whatever was asked for until then is answered by this, though its id is not among those: the work began after it. */
  answersAllUntil: Instant.optional(),
  /** An attempt that was made although this one had succeeded, and failed: what was there holds. */
  laterFailure: z.object({ error: Failure, attempt: Attempt }).optional(),
});
export type ArtifactRecord = z.infer<typeof ArtifactRecord>;

/**
 * Records of one master that are kept together, by address: those of a service that does several steps in one attempt. Each is read as
 * one that has an object of its own, which goes before it.
 */
export const Ledger = z.object({ v: z.literal(1), master: Address, records: z.record(Address, z.unknown()) });
export type Ledger = z.infer<typeof Ledger>;

/** At the address of one of several outputs: where the record of all of them is. It never changes, and says nothing of whether that is there. */
export const OutputPointer = z.object({ v: z.literal(2), address: Address, kind: Name, madeAt: Address });
export type OutputPointer = z.infer<typeof OutputPointer>;
