import { z } from "zod";
import { FoundTrack } from "./search.ts";
import { searchFilters, searchText } from "./search-filters.ts";

/** Tracks that are told, at most. */
export const maxSimilarLimit = 100;

/** What `GET /v1/tracks/:id/similar` takes. */
export const SimilarQuery = z.strictObject({
  ...searchFilters,
  by: searchText(100)
    .optional()
    .meta({
      description:
        "what they are compared by: a fact that is a vector, as in `tags.embedding`, or its kind. Left out: the first one that the track has",
      examples: ["tags.embedding"],
    }),
  limit: z.coerce.number().int().min(1).max(maxSimilarLimit).default(20).describe("tracks"),
});
export type SimilarQuery = z.infer<typeof SimilarQuery>;

/** A track that is like another. */
export const SimilarTrack = FoundTrack.extend({
  similarity: z
    .number()
    .min(-1.001)
    .max(1.001)
    .describe("1: the same to whoever compares; 0: nothing in common"),
}).meta({ id: "SimilarTrack" });
export type SimilarTrack = z.infer<typeof SimilarTrack>;

/** What `GET /v1/tracks/:id/similar` answers. */
export const SimilarTracks = z
  .object({
    by: z.string().describe("the fact that they are compared by"),
    model: z.string().describe("whose vectors these are: those of another model are not compared with them"),
    tracks: z.array(SimilarTrack).describe("the most alike first, without the track itself"),
    isExact: z
      .boolean()
      .describe(
        "false: of more than 20,000 tracks those that are near by were compared, and one or the other may be missing",
      ),
    isComplete: z
      .boolean()
      .describe("false while search goes through all tracks: some may be missing, or not be as they are"),
  })
  .meta({ id: "SimilarTracks" });
export type SimilarTracks = z.infer<typeof SimilarTracks>;
