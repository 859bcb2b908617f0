import { createHash } from "node:crypto";
import { z } from "zod";
import { Request } from "./request.ts";

/**
 * The step before the chain: `source -> master`. Nobody knows the address of what it will bring, so it is none of the chain's; a track
 * whose request names a source wants it first.
 */
export const fetchStep = "fetch";
/** Raise it when the same source would be fetched to other bytes. */
export const fetchVersion = 1;

/** What a track's fetch is known by until it has a master: its attempts' pauses, and its failures. */
export function fetchAddress(trackId: string): string {
  return createHash("sha256").update(`${fetchStep}\n${trackId}`).digest("hex");
}

/**
 * A command to the service `fetch`: have the track's master fetched, unless it is there, then begin the chain for the request. Travels on
 * that service's task topic.
 */
export const Fetch = z.object({
  v: z.literal(1),
  type: z.literal("Fetch"),
  /** As readers see it. What it hides (a signature, a token) is kept in an object of its own. */
  source: z.string(),
  request: Request,
});
export type Fetch = z.infer<typeof Fetch>;

/** Steps of the chain that a request wants: all but the fetch before it. */
export function withoutFetch(steps: readonly string[]): string[] {
  return steps.filter((step) => step !== fetchStep);
}
