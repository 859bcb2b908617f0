import { z } from "zod";

/** SHA-256 as 64 lower-case hex digits. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits (SHA-256)");

/** The content address of an artifact; a master's address is the SHA-256 of its bytes. */
export const Address = Sha256;

/** A track's id: a UUID of version 7, so that ids sort by time of acceptance. */
export const TrackId = z.uuid({ version: "v7", error: "expected a track id (UUID version 7)" });

/** A step's or kind's name: kebab-case, part of topic names, subscription names and attributes. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "expected a kebab-case name")
  .max(40);

/** An instant as ISO 8601 in UTC with milliseconds. */
export const Instant = z.iso.datetime({ precision: 3 });
