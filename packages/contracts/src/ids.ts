import { z } from "zod";

/** SHA-256 as 64 lower-case hex digits. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits (SHA-256)")
  .describe("SHA-256 of bytes, as 64 lower-case hex digits");

/** The content address of an artifact; a master's address is the SHA-256 of its bytes. */
export const Address = Sha256.describe(
  "content address of an artifact: it tells step, version, params, model and inputs; a master's is its SHA-256",
);

/** A track's id: a UUID of version 7, so that ids sort by time of acceptance. */
export const TrackId = z
  .uuid({ version: "v7", error: "expected a track id (UUID version 7)" })
  // An id written in capitals is the same id.
  .toLowerCase()
  .meta({
    description: "UUID of version 7: ids sort by time",
    examples: ["01900000-0000-7000-8000-000000000001"],
  });

/** A request's id: a UUID of version 7. That of a backfill's item follows from the backfill and the track, so it is the same whoever asks again. */
export const RequestId = z.uuid({ version: "v7", error: "expected a request id (UUID version 7)" });

/** A step's or kind's name: kebab-case, part of topic names, subscription names and attributes. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "expected a kebab-case name")
  .max(40)
  .describe("name of a step or of a kind of artifact: kebab-case");

/** An instant as ISO 8601 in UTC with milliseconds, from the year 0001 on: the database has none before, written so. */
export const Instant = z.iso
  .datetime({ precision: 3 })
  .refine((text) => !text.startsWith("0000"), { error: "expected an instant from the year 0001 on" })
  .describe("ISO 8601 in UTC with milliseconds");
