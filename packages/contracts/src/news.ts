import { z } from "zod";
import { Name } from "./ids.ts";

/**
 * Facts that every process of a server is to hear, published on the `news` topic. Each says where to look, and nothing of what is there: one that
 * is late, doubled or not understood does no harm, and one that is lost costs the minutes to the next look.
 */

/** Descriptions of steps in storage (see `StepDescription`) were looked after, or removed. */
export const StepsRegistered = z.object({
  v: z.literal(1),
  type: z.literal("StepsRegistered"),
  /** Step to the generation of its description; null for one that is there no more. */
  generations: z.record(Name, z.string().nullable()),
});
export type StepsRegistered = z.infer<typeof StepsRegistered>;

/** Requests may be safe in storage of which the queue was not told: whoever takes them in has just started, or could not tell of some. */
export const RequestsUntold = z.object({ v: z.literal(1), type: z.literal("RequestsUntold") });
export type RequestsUntold = z.infer<typeof RequestsUntold>;

/** For so long somebody who wants to hear of changes is told of them, in ms, unless they say so again. */
export const changesWantedForMs = 120_000;

/** Somebody waits for what happens to tracks (`GET /v1/changes`): whoever has told of some is to say so (`ChangesTold`). */
export const ChangesWanted = z.object({ v: z.literal(1), type: z.literal("ChangesWanted") });
export type ChangesWanted = z.infer<typeof ChangesWanted>;

/** There are changes in the feed that were not there before. */
export const ChangesTold = z.object({ v: z.literal(1), type: z.literal("ChangesTold") });
export type ChangesTold = z.infer<typeof ChangesTold>;

/** Somebody has made a webhook, or has changed what is sent to one: whoever sends looks at once. */
export const WebhooksChanged = z.object({ v: z.literal(1), type: z.literal("WebhooksChanged") });
export type WebhooksChanged = z.infer<typeof WebhooksChanged>;

/** Somebody wants search to be made anew: whoever keeps it looks at once. */
export const SearchWanted = z.object({ v: z.literal(1), type: z.literal("SearchWanted") });
export type SearchWanted = z.infer<typeof SearchWanted>;

export const News = z.discriminatedUnion("type", [
  StepsRegistered,
  RequestsUntold,
  ChangesWanted,
  ChangesTold,
  WebhooksChanged,
  SearchWanted,
]);
export type News = z.infer<typeof News>;
