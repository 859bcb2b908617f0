import { z } from "zod";
import { Name, TrackId } from "../ids.ts";
import { ClientMetadata, ClientMetadataText } from "./client-metadata.ts";
import { SourceUrl } from "./source-url.ts";

const title = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .meta({
    description: "what people call the track",
    examples: ["A Song"],
  });

const targetList = z.array(Name).min(1).max(50);

/** Targets as one comma-separated text, for queries and form fields. */
export const TargetsText = z
  .string()
  .meta({
    description:
      "the derivative assets that are asked for, separated by commas; when left out, the " +
      "default ones (see `/v1/kinds`)",
    examples: ["tempo,aac"],
  })
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  )
  .pipe(targetList);

/** What is said of a track in JSON, wherever its bytes come from. */
export const saidOfTrack = {
  title: title.optional(),
  metadata: ClientMetadata.optional(),
  targets: targetList
    .optional()
    .describe("the derivative assets that are asked for; when left out, the default ones (see `/v1/kinds`)"),
};

/** A file's name, as a client says it. */
export const fileNameHint = z
  .string()
  .max(1_000)
  .optional()
  .meta({ description: "what the file is called; a hint for people only", examples: ["song.mp3"] });

/** A track by reference: what `POST /v1/tracks` takes as JSON. */
export const TrackFromSource = z.strictObject({ source: SourceUrl, ...saidOfTrack }).meta({
  id: "TrackFromSource",
  examples: [
    {
      source: "gs://library/song.flac",
      title: "A Song",
      metadata: { id: "acme-4711" },
      targets: ["tempo"],
    },
  ],
});
export type TrackFromSource = z.infer<typeof TrackFromSource>;

/** What may be said of an uploaded file: in the query of a raw body, or in the fields of a form. */
export const UploadDetails = z.strictObject({
  title: title.optional(),
  filename: fileNameHint,
  metadata: ClientMetadataText.optional(),
  targets: TargetsText.optional(),
});
export type UploadDetails = z.infer<typeof UploadDetails>;

export const maxTrackIds = 200;

/** What `GET /v1/tracks` takes: a page, or up to 200 tracks by id. */
export const TrackQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("tracks on a page"),
  cursor: z
    .string()
    .max(200)
    .optional()
    .meta({
      description: "`nextCursor` of the page before",
      examples: ["MDE5MDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAy"],
    }),
  ids: z
    .string()
    .meta({ examples: ["01900000-0000-7000-8000-000000000001,01900000-0000-7000-8000-000000000002"] })
    .transform((text) => text.split(","))
    .pipe(z.array(TrackId).min(1).max(maxTrackIds))
    .optional()
    .describe(
      `up to ${maxTrackIds} ids, separated by commas; those not known are left out. Not with a cursor or a filter`,
    ),
  state: z
    .enum(["accepted", "processing", "done", "partial", "failed"])
    .optional()
    .describe("only tracks in this state"),
  failed: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .describe("true: only tracks with a step that has failed; false: all"),
  code: Name.optional().meta({
    description: "only tracks with a step that has failed with this code",
    examples: ["not-audio"],
  }),
  step: Name.optional().meta({
    description: "of the failed steps only this one counts",
    examples: ["tempo"],
  }),
});
export type TrackQuery = z.infer<typeof TrackQuery>;
