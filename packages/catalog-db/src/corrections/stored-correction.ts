import { z } from "zod";

const facts = z.record(z.string(), z.unknown());

/** What a person has said of a kind of a track. */
export const StoredCorrection = z.object({
  number: z.int(),
  kind: z.string(),
  /** Null: what was said before is taken back. */
  facts: facts.nullable(),
  machine: z.object({ address: z.string(), version: z.int().nullable(), facts }).nullable(),
  by: z.string(),
  author: z.string().nullable(),
  note: z.string().nullable(),
  at: z.union([z.date(), z.iso.datetime({ offset: true })]).transform((at) => new Date(at).toISOString()),
});
export type StoredCorrection = z.infer<typeof StoredCorrection>;

/** One that holds. */
export const HoldingCorrection = StoredCorrection.extend({ facts });
export type HoldingCorrection = z.infer<typeof HoldingCorrection>;

/** Of a track those that hold: of each kind the last, unless that takes back what was there. */
export const holdingSql = (track: string) => `(
  select json_agg(h order by h.kind) from (
    select distinct on (c.kind) c.number, c.kind, c.facts, c.machine, c.by, c.author, c.note, c.at
    from track_corrections c where c.track_id = ${track} order by c.kind, c.number desc) h
  where h.facts is not null)`;
