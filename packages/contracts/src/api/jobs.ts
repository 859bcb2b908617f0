import { z } from "zod";
import { Name } from "../ids.ts";
import { SourceUrl } from "./source-url.ts";
import { ReportedTrackState } from "./track-resource.ts";

/** Ids of others: any text, within reason. Numbers are taken as their digits. */
const text = z.string().trim().min(1).max(200);
const digits = z.int().nonnegative().transform(String);
const examples = ["req-1"];
const description = "of the client's own; a number is taken as its digits";
const foreignId = z.union([text.meta({ examples }), digits]).describe(description);

/** It stands in the job's URL, and clients take these two out of a path. */
const requestId = z
  .union([text.regex(/^(?!\.{1,2}$)/, 'expected an id other than "." and ".."').meta({ examples }), digits])
  .describe(description);

/** Beatport's contract for `POST /v1/jobs`. `request_id` makes it idempotent. */
export const JobRequest = z
  .object({
    request_id: requestId,
    release_id: foreignId,
    asset_id: foreignId,
    asset_guid: foreignId,
    derivative_assets: z
      .array(Name)
      .max(50)
      .meta({
        description: "the targets; when empty, the default ones (see `/v1/kinds`)",
        examples: [["tempo"]],
      }),
    source: SourceUrl,
  })
  .meta({ id: "JobRequest" });
export type JobRequest = z.infer<typeof JobRequest>;

export const JobResource = z
  .object({
    request_id: z.string().describe("as it was sent"),
    release_id: z.string().describe("as it was sent"),
    asset_id: z.string().describe("as it was sent"),
    asset_guid: z.string().describe("as it was sent"),
    derivative_assets: z.array(z.string()).describe("as they were sent"),
    source: z.string().describe("as it was sent"),
    state: ReportedTrackState,
    track_id: z.string().describe("of the track that the job has made"),
    track_url: z.string().describe("of that track, with its steps and results"),
    url: z.string().describe("of the job"),
  })
  .meta({ id: "JobResource" });
export type JobResource = z.infer<typeof JobResource>;
