import { z } from "zod";
import { Address, Instant, Name, TrackId } from "../ids.ts";

/** Of one track, with those that were taken back. */
export const mostCorrections = 1_000;

/** A person's values for facts of a kind of a track, or that they are taken back. Kept as an object, create-only: of two with one number the first holds. */
export const Correction = z.object({
  v: z.literal(1),
  type: z.literal("Correction"),
  trackId: TrackId,
  owner: Name,
  /** Of the track's, from 1 on. */
  number: z.int().positive(),
  kind: Name,
  /** By their keys within the kind; null: what was said of the kind before is taken back. */
  facts: z.record(z.string(), z.unknown()).nullable(),
  /** What the machine had beside it at the time: of the same facts; null: nothing of this kind. */
  machine: z
    .object({ address: Address, version: z.int().nullable(), facts: z.record(z.string(), z.unknown()) })
    .nullable(),
  /** The key that it came with. */
  by: z.string(),
  /** Who it was, as their client says. */
  author: z.string().nullable(),
  note: z.string().nullable(),
  at: Instant,
});
export type Correction = z.infer<typeof Correction>;
