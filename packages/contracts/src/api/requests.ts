import { z } from "zod";
import { Name, TrackId } from "../ids.ts";

const title = z.string().trim().min(1).max(1_000);

/** Where audio may come from. */
export const SourceUrl = z
  .string()
  .max(4_096)
  .regex(/^(gs|https):\/\/[^/]+\/.+/s, "expected gs://bucket/object or https://host/path")
  .describe("gs://bucket/object or https://host/path");

const targetList = z.array(Name).min(1).max(50);

/** Targets as one comma-separated text, for queries and form fields. */
export const TargetsText = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  )
  .pipe(targetList);

/** A track by reference: what `POST /v1/tracks` takes as JSON. */
export const TrackFromSource = z
  .strictObject({
    source: SourceUrl,
    title: title.optional(),
    targets: targetList.optional().describe("the derivative assets that are asked for; all when left out"),
  })
  .meta({ id: "TrackFromSource" });
export type TrackFromSource = z.infer<typeof TrackFromSource>;

/** What may be said of an uploaded file: in the query of a raw body, or in the fields of a form. */
export const UploadDetails = z.strictObject({
  title: title.optional(),
  filename: z.string().max(1_000).optional(),
  targets: TargetsText.optional(),
});
export type UploadDetails = z.infer<typeof UploadDetails>;

export const maxTrackIds = 200;

/** What `GET /v1/tracks` takes: a page, or up to 200 tracks by id. */
export const TrackQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe("`nextCursor` of the page before"),
  ids: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(TrackId).min(1).max(maxTrackIds))
    .optional()
    .describe(`up to ${maxTrackIds} ids, separated by commas; those not known are left out`),
  state: z
    .enum(["accepted", "processing", "done", "partial", "failed"])
    .optional()
    .describe("only tracks in this state"),
  failed: z.stringbool().optional().describe("true: only tracks with a step that has failed"),
  code: Name.optional().describe("only tracks with a step that has failed with this code"),
  step: Name.optional().describe("of the failed steps only this one counts"),
});
export type TrackQuery = z.infer<typeof TrackQuery>;
