import { z } from "zod";
import { Instant, Sha256, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { httpErrorCodes } from "./http-errors.ts";
import { fileNameHint, saidOfTrack } from "./requests.ts";

/** A file that its client will send to storage itself: what `POST /v1/uploads` takes. */
export const UploadRequest = z
  .strictObject({
    sizeBytes: z
      .int()
      .positive()
      .describe(
        "of the file: storage takes this many bytes, no more and no fewer. At most what a track may have",
      ),
    filename: fileNameHint,
    crc32c: z
      .string()
      .regex(
        /^[A-Za-z0-9+/]{5}[AQgw]==$/,
        "expected a CRC32C as Cloud Storage writes it: 8 characters of base64",
      )
      .optional()
      .meta({
        description:
          "of the file, big-endian, in base64; another one that came is refused when the upload is completed",
        examples: ["yZRlqg=="],
      }),
    sha256: Sha256.optional().describe(
      "of the file; another one that came is a failure of the track's step `fetch`",
    ),
    ...saidOfTrack,
  })
  .meta({
    id: "UploadRequest",
    examples: [
      {
        sizeBytes: 73_400_320,
        filename: "song.flac",
        title: "A Song",
        metadata: { id: "acme-4711" },
        targets: ["tempo"],
      },
    ],
  });
export type UploadRequest = z.infer<typeof UploadRequest>;

export const uploadStates = ["open", "received", "accepted", "refused", "over"] as const;

/** A file that its client sends to storage itself, on its way to be a track. */
export const UploadResource = z
  .object({
    id: TrackId.describe("of the track, too, which it becomes"),
    url: z.string().describe("where it is told how far it is; `DELETE` gives it up"),
    state: openEnum(uploadStates).describe(
      "open: bytes are awaited; received: all have come, and it is a track when it is completed, or a minute later by itself; accepted: it is a track; " +
        "refused: what came was not what was announced; over: its session has expired",
    ),
    sessionUrl: z
      .string()
      .nullable()
      .describe(
        "where the bytes go, by PUT with `Content-Range`: a session of Cloud Storage's. A secret: whoever knows it may send the file. Null when nothing is awaited",
      ),
    chunkBytes: z
      .int()
      .positive()
      .describe(
        "requests to the session have a multiple of so many bytes, the last one apart; one request for all will do, too",
      ),
    sizeBytes: z
      .int()
      .nonnegative()
      .nullable()
      .describe("of the file; null of a track that is not fetched yet"),
    receivedBytes: z
      .int()
      .nonnegative()
      .nullable()
      .describe(
        "that have come in a row from the start: the next one is awaited there. Null when none is awaited",
      ),
    expiresAt: Instant.nullable().describe("until when the session takes bytes; null when none is awaited"),
    trackUrl: z.string().describe("where the track is once it is accepted"),
    problem: z
      .object({
        code: openEnum(httpErrorCodes).describe("of the catalogue at `/v1/errors`; others may come"),
        detail: z.string().describe("what was expected, and what came"),
      })
      .nullable()
      .describe("why it was refused"),
  })
  .meta({ id: "UploadResource" });
export type UploadResource = z.infer<typeof UploadResource>;
