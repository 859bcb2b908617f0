import { z } from "zod";
import { TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { httpErrorCodes } from "./http-errors.ts";
import { TrackFromSource } from "./requests.ts";

/** Lines of one request; a batch of more comes in several. */
export const maxBatchLines = 1_000;
export const maxBatchBytes = 4 * 1024 * 1024;

/** A line of what `POST /v1/batches` takes: a track by reference. */
export const BatchLine = TrackFromSource.extend({
  key: z
    .string()
    .regex(/^[\x21\x23-\x7e]{1,100}$/, 'expected 1 to 100 visible ASCII characters other than "')
    .optional()
    .describe(
      "what this line is called in its batch: sent again, with the same `Idempotency-Key` beside it, it makes nothing twice; when left out, where such a key is given, the number of the line",
    ),
}).meta({
  id: "BatchLine",
  examples: [{ key: "song-1", source: "gs://library/song.flac", title: "A Song", targets: ["tempo"] }],
});
export type BatchLine = z.infer<typeof BatchLine>;

/** What became of a line: a line of the answer. */
export const BatchOutcome = z
  .object({
    line: z.int().positive().describe("its number in the request, from 1; empty lines count"),
    key: z.string().nullable().describe("as it was given; null: there was none, or it could not be read"),
    status: z.int().describe("as `POST /v1/tracks` would have answered"),
    id: TrackId.nullable().describe("of the track; null: it was refused"),
    url: z.url().nullable().describe("of the track; null: it was refused"),
    code: openEnum(httpErrorCodes)
      .nullable()
      .describe("of the problem (see `/v1/errors`); null: it was accepted"),
    detail: z.string().nullable().describe("what was expected, and what came; null: it was accepted"),
  })
  .meta({ id: "BatchOutcome" });
export type BatchOutcome = z.infer<typeof BatchOutcome>;

/** The answer's last line: where it is not there, the answer was cut off. */
export const BatchEnd = z
  .object({
    lines: z.int().nonnegative().describe("that were not empty"),
    accepted: z.int().nonnegative().describe("of these; with those that were accepted before"),
    refused: z.int().nonnegative().describe("of these"),
  })
  .meta({ id: "BatchEnd" });
export type BatchEnd = z.infer<typeof BatchEnd>;
