import { z } from "zod";
import { Name } from "../ids.ts";
import { SourceUrl } from "./requests.ts";
import { ReportedTrackState } from "./track-resource.ts";

/** Ids of others: any text, within reason. Numbers are taken as their digits. */
const foreignId = z.union([z.string().trim().min(1).max(200), z.int().nonnegative().transform(String)]);

/** Beatport's contract for `POST /v1/jobs`. `request_id` makes it idempotent. */
export const JobRequest = z
  .object({
    request_id: foreignId,
    release_id: foreignId,
    asset_id: foreignId,
    asset_guid: foreignId,
    derivative_assets: z.array(Name).max(50).describe("the targets; all of them when empty"),
    source: SourceUrl,
  })
  .meta({ id: "JobRequest" });
export type JobRequest = z.infer<typeof JobRequest>;

export const JobResource = z
  .object({
    request_id: z.string(),
    release_id: z.string(),
    asset_id: z.string(),
    asset_guid: z.string(),
    derivative_assets: z.array(z.string()),
    source: z.string(),
    state: ReportedTrackState,
    track_id: z.string(),
    track_url: z.string(),
    url: z.string(),
  })
  .meta({ id: "JobResource" });
export type JobResource = z.infer<typeof JobResource>;
