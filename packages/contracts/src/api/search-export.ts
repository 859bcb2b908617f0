import { z } from "zod";
import { SearchQuery } from "./search.ts";
import { searchText } from "./search-filters.ts";

/** `csv` is for spreadsheets, `jsonl` for programs, `parquet` for tables of millions, `rekordbox` for DJ programs. */
export const exportFormats = ["csv", "jsonl", "parquet", "rekordbox"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The types that exports are sent as. */
export const exportTypes: Readonly<Record<ExportFormat, string>> = {
  csv: "text/csv",
  jsonl: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
  rekordbox: "application/xml",
};

/** Tracks in a file for DJ programs, at most: it says at its beginning how many there are. */
export const mostRekordboxTracks = 10_000;

/** Says `false` of an export that was made while search went through all tracks: some may be missing, or not be as they are. */
export const isCompleteHeader = "x-search-is-complete";

const { cursor: _cursor, limit: _limit, ...search } = SearchQuery.shape;

/** What `GET /v1/search/export` takes. */
export const ExportQuery = z.strictObject({
  ...search,
  format: z
    .enum(exportFormats)
    .default("csv")
    .meta({ description: "what it is sent as", examples: ["jsonl"] }),
  columns: searchText(2_000)
    .optional()
    .meta({
      description:
        "of tables: names of what is told of each track, separated by commas, in this order: `id`, `state`, `title`, `fileName`, `acceptedAt`, `finishedAt`, `errors`, `metadata`, " +
        "`metadata.NAME`, names of facts, and `NAME.score` of a fact whose words have scores. Left out: all of it, with `metadata` as one JSON",
      examples: ["id,title,bpm,codec,metadata.label"],
    }),
  folder: searchText()
    .optional()
    .meta({
      description:
        "of `rekordbox` alone: where the files lie on the machine of whoever reads it, under the names that they were sent by, as `segue tag` writes them; `/` when left out",
      examples: ["/Users/dj/Music/set"],
    }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .meta({ description: "tracks at most; all that are found when left out", examples: [1_000] }),
});
export type ExportQuery = z.infer<typeof ExportQuery>;
