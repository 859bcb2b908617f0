import { z } from "zod";
import { Instant, Name, RequestId, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";

/** Something that was asked of a track: what it wants is the sum of these. */
export const RequestReport = z
  .object({
    id: RequestId.describe("of the request: UUID of version 7"),
    cause: openEnum(["submission", "replay", "backfill"]).describe(
      "submission: the track came with it; replay: it was sent through the chain again; backfill: asked for with many others",
    ),
    owner: Name.describe("whose request it is"),
    targets: z.array(Name).describe("the derivative assets that it asks for by name; none for a replay"),
    force: z.array(Name).describe("steps that compute for it although their result is there"),
    backfillId: TrackId.nullable().describe("the backfill that it is of; null for others"),
    requestedAt: Instant,
  })
  .meta({ id: "RequestReport" });
export type RequestReport = z.infer<typeof RequestReport>;
