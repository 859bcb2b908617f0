import { z } from "zod";

/** What is told of a track however it was found, out of its row `t` of `search_tracks`. */
export const foundColumns =
  't.id, t.state, t.title, t.file_name as "fileName", t.accepted_at as "acceptedAt", t.shown';

export const FoundRow = z.object({
  id: z.string(),
  state: z.string(),
  title: z.string().nullable(),
  fileName: z.string().nullable(),
  acceptedAt: z.date().transform((at) => at.toISOString()),
  /** What its kinds say of it in short, by the names of facts. */
  shown: z.record(z.string(), z.unknown()),
});
