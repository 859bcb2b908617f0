import { z } from "zod";
import { Instant, Name, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";

/** All that may happen to a track. A younger release may know of more. */
export const changeTypes = [
  /** It was taken in. */
  "track.accepted",
  /** A replay, or a backfill, asks for more of it, or for the same anew. */
  "request.added",
  "step.succeeded",
  "step.failed",
  /** Every step has answered a replay, or what a backfill asks. */
  "request.answered",
  /** It had come to an end, and has not any more: more was asked for. */
  "track.reopened",
  "track.done",
  /** It has a part of what was asked for. */
  "track.partial",
  "track.failed",
  /** Nothing more is tried, until somebody asks. */
  "track.stuck",
  /** A person has corrected what is known of it, or has taken that back. */
  "track.corrected",
  /** It was deleted, cancelled, or taken down: nothing of it can be read any more. */
  "track.deleted",
] as const;
export type ChangeType = (typeof changeTypes)[number];

/** Something that has happened to a track. */
export const Change = z
  .object({
    cursor: z.string().describe("of the place behind it: what follows is read with it as `since`"),
    type: openEnum(changeTypes).describe("what has happened"),
    trackId: TrackId,
    requestId: z.string().nullable().describe("that it happened for; null where none is known"),
    at: Instant.describe("when the catalog has taken note of it"),
    state: openEnum(["accepted", "processing", "done", "partial", "failed", "deleted"]).describe(
      "of the track, once it had happened",
    ),
    step: Name.nullable().describe("of `step.succeeded` and `step.failed`; null else"),
    code: z.string().nullable().describe("what a step has failed with; null else"),
  })
  .meta({ id: "Change" });
export type Change = z.infer<typeof Change>;

export const maxChanges = 1_000;

/** The longest that a request waits for something to happen, in seconds: what stands between may give up a silent connection after that. */
export const mostWaitSec = 60;

/** How long an answer may be waited for. */
export const WaitSeconds = z.coerce.number().min(0).max(mostWaitSec).optional();

/** What `GET /v1/tracks/:id` takes. */
export const TrackWaitQuery = z.strictObject({
  wait: WaitSeconds.meta({
    description:
      "seconds to wait for the track's end: the answer comes when it has ended, or then with what there is",
    examples: [30],
  }),
});

/** What `GET /v1/changes` takes. */
export const ChangeQuery = z.strictObject({
  since: z
    .string()
    .max(100)
    .optional()
    .meta({
      description:
        "`nextCursor` of the page before, or `cursor` of a change; `now`: only what happens from now on. When left out, the oldest that is kept comes first",
      examples: ["NWQ4ZDc3ZTEuMTIz"],
    }),
  limit: z.coerce.number().int().min(1).max(maxChanges).default(100).describe("changes on a page, at most"),
  trackId: TrackId.optional().describe("only what happens to this track"),
  wait: WaitSeconds.meta({
    description: "seconds to wait where nothing has happened since: the answer comes with the first change",
    examples: [30],
  }),
});
export type ChangeQuery = z.infer<typeof ChangeQuery>;

/** What `GET /v1/changes/events` takes. */
export const ChangeEventsQuery = z.strictObject({
  since: z
    .string()
    .max(100)
    .optional()
    .meta({
      description:
        "a cursor: what has happened since comes first. From now on when left out. Last-Event-ID goes before it",
      examples: ["NWQ4ZDc3ZTEuMTIz"],
    }),
});
export type ChangeEventsQuery = z.infer<typeof ChangeEventsQuery>;

/** What `GET /v1/changes` answers. */
export const ChangePage = z
  .object({
    changes: z.array(Change).describe("oldest first; none where nothing has happened since"),
    nextCursor: z.string().describe("of the place behind the last one: `since` of the next page"),
    hasMore: z.boolean().describe("whether there are more already"),
  })
  .meta({ id: "ChangePage" });
export type ChangePage = z.infer<typeof ChangePage>;
