import { z } from "zod";
import { Instant, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { searchFilters, searchText } from "./search-filters.ts";

/** Tracks on a page, at most. */
export const maxSearchLimit = 200;

/** What `GET /v1/search` takes. */
export const SearchQuery = z.strictObject({
  ...searchFilters,
  sort: searchText(100)
    .default("-accepted")
    .meta({
      description:
        "`accepted`, or the name of a number: tracks that have none are left out then. With a minus before it the greatest, or the newest, come first",
      examples: ["-accepted"],
    }),
  limit: z.coerce.number().int().min(1).max(maxSearchLimit).default(50).describe("tracks on a page"),
  cursor: z
    .string()
    .max(500)
    .optional()
    .meta({
      description: "`nextCursor` of the page before; of the same search: another one refuses it",
      examples: [
        "eyJzZWFyY2giOiItcGtxYjRneE9mOFhISGJjIiwidmFsdWUiOiIyMDI1LTAxLTAxVDAwOjAwOjAxLjUwMDAwMFoiLCJpZCI6IjAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSJ9",
      ],
    }),
});
export type SearchQuery = z.infer<typeof SearchQuery>;
export type SearchFilters = Pick<SearchQuery, keyof typeof searchFilters>;

/** What `GET /v1/search/facets` takes. */
export const FacetQuery = z.strictObject({
  ...searchFilters,
  facets: searchText()
    .default("state")
    .meta({
      description: "what is counted: `state`, or names of facts that have keywords, separated by commas",
      examples: ["state,codec"],
    }),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("values of each, the most frequent"),
});
export type FacetQuery = z.infer<typeof FacetQuery>;

const isComplete = z
  .boolean()
  .describe("false while search goes through all tracks: some may be missing, or not be as they are");

/** A track that was found. */
export const FoundTrack = z
  .object({
    id: TrackId,
    url: z.string().describe("where all of it is"),
    state: openEnum(["accepted", "processing", "done", "partial", "failed"]).describe("of the track"),
    title: z.string().nullable().describe("as its client has given it, else the file's own"),
    fileName: z.string().nullable().describe("as its client has given it"),
    acceptedAt: Instant,
    facts: z
      .record(z.string(), z.unknown())
      .describe("what its kinds say of it in short, by names of facts: numbers, words, lists of words"),
  })
  .meta({ id: "FoundTrack" });
export type FoundTrack = z.infer<typeof FoundTrack>;

/** What `GET /v1/search` answers. */
export const SearchPage = z
  .object({
    tracks: z.array(FoundTrack).describe("in the order that was asked for"),
    nextCursor: z.string().nullable().describe("for the next page; null on the last one"),
    isComplete,
  })
  .meta({ id: "SearchPage" });
export type SearchPage = z.infer<typeof SearchPage>;

/** What `GET /v1/search/facets` answers. */
export const FacetCounts = z
  .object({
    tracks: z.int().describe("that are as it is asked for"),
    isExact: z
      .boolean()
      .describe(
        "false: of more than 5,000 tracks a sample was counted, and all figures are what it leads to expect",
      ),
    facets: z
      .record(
        z.string(),
        z.array(
          z.object({
            value: z.string().describe("a state, or a keyword"),
            tracks: z.int().describe("that have it"),
          }),
        ),
      )
      .describe("by what was asked for, the most frequent first"),
    isComplete,
  })
  .meta({ id: "FacetCounts" });
export type FacetCounts = z.infer<typeof FacetCounts>;

/** What `GET /v1/search/facts` answers. */
export const SearchedFacts = z
  .object({
    facts: z
      .array(
        z.object({
          name: z.string().describe("as in `tempo.bpm`"),
          index: openEnum(["number", "keyword", "text"]).describe(
            "`number`: ranges, and orders; `keyword`: values, and counts; `text`: words",
          ),
          isQuick: z.boolean().describe("of a number: there is an index for it"),
          label: z.string().nullable().describe("what it is called; null: as its name has it"),
          unit: z.string().nullable().describe("of a number; null: none is known"),
        }),
      )
      .describe("what tracks can be searched for by, in the order of their kinds"),
  })
  .meta({ id: "SearchedFacts" });
export type SearchedFacts = z.infer<typeof SearchedFacts>;

/** What `POST /v1/search/rebuild` and `GET /v1/search/rebuild` answer. */
export const SearchRebuild = z
  .object({
    asked: z.int().describe("number of the last rebuild that was asked for; 0: none was"),
    begun: z.int().describe("number of the last one that was begun"),
    isComplete,
  })
  .meta({ id: "SearchRebuild" });
export type SearchRebuild = z.infer<typeof SearchRebuild>;
