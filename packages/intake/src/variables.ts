import { commaList, wholeNumber } from "@segue/telemetry/env";
import { z } from "zod";
import type { Pace } from "./pace.ts";

/** Of those that ask for URLs of others. */
export const egressProxy = z
  .string()
  .regex(/^https?:\/\/[^/@\s]+\/?$/, "expected http://host:port, without a user name")
  .optional()
  .describe(
    "A proxy through which `https://` sources are fetched, and webhooks called (`CONNECT`), as `http://host:port`. It is asked for addresses, which were looked at, not for names. Google's APIs, the database and a collector of spans are reached without it",
  );

/** Variables of every service that takes masters in, each in one form. */
export const intakeVariables = {
  SEGUE_MAX_UPLOAD_BYTES: wholeNumber
    .min(1)
    .default(1024 ** 3)
    .describe("How large a master may be, in bytes"),
  SEGUE_UPLOAD_IDLE_MS: wholeNumber
    .min(10)
    .max(600_000)
    .default(10_000)
    .describe("Longest silence of a client that uploads, or of a source, in ms"),
  SEGUE_MIN_UPLOAD_BYTES_PER_SEC: wholeNumber
    .min(0)
    .default(1_024)
    .describe("Least average rate of an upload or a source, once SEGUE_UPLOAD_GRACE_MS have passed"),
  SEGUE_UPLOAD_GRACE_MS: wholeNumber
    .min(0)
    .default(30_000)
    .describe("For how long an upload or a source may be slower than SEGUE_MIN_UPLOAD_BYTES_PER_SEC, in ms"),
  SEGUE_UPLOAD_SPOOL_BYTES: wholeNumber
    .min(0)
    .default(64 * 1024 ** 2)
    .describe(
      "Memory for masters on their way in, of all senders together, in bytes. One of at most a quarter of it is written once; " +
        "larger ones, and those that find no room, are written to a temporary object and copied",
    ),
  SEGUE_ALLOW_PRIVATE_SOURCES: z
    .enum(["0", "1"], { error: "expected 0 or 1" })
    .default("0")
    .transform((text) => text === "1")
    .describe(
      "1: `https://` sources may be on private networks, and so may webhooks, which may be `http://` then. For tests and for a machine of one's own",
    ),
  SEGUE_SOURCE_BUCKETS: commaList
    .optional()
    .describe(
      "Buckets that `gs://` sources may name, separated by commas. Any that the account of the service `fetch` can read, but the fleet's own, " +
        "when not set: set it where that account can read more than the API's clients may",
    ),
};

type PaceVariables = {
  readonly [K in
    | "SEGUE_MAX_UPLOAD_BYTES"
    | "SEGUE_UPLOAD_IDLE_MS"
    | "SEGUE_MIN_UPLOAD_BYTES_PER_SEC"
    | "SEGUE_UPLOAD_GRACE_MS"]: number;
};

export function readPace(parsed: PaceVariables): Pace {
  return Object.freeze({
    maxBytes: parsed.SEGUE_MAX_UPLOAD_BYTES,
    idleMs: parsed.SEGUE_UPLOAD_IDLE_MS,
    minBytesPerSec: parsed.SEGUE_MIN_UPLOAD_BYTES_PER_SEC,
    graceMs: parsed.SEGUE_UPLOAD_GRACE_MS,
  });
}
