import { createHash } from "node:crypto";
import { z } from "zod";
import { uploadedFileName } from "./object-names.ts";
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
  /** 2: of what was uploaded for the track, which a release that knows no uploads would refuse for good. */
  v: z.literal([1, 2]),
  type: z.literal("Fetch"),
  /** As readers see it. What it hides (a signature, a token) is kept in an object of its own. */
  source: z.string(),
  request: Request,
});
export type Fetch = z.infer<typeof Fetch>;

/** The form in which a source is asked for. No client chooses a track's id, so no source that one names looks like an upload's. */
export function fetchForm(source: string, { trackId }: Pick<Request, "trackId">): Fetch["v"] {
  return source.startsWith("gs://") && source.endsWith(`/${uploadedFileName(trackId)}`) ? 2 : 1;
}

/** Steps of the chain that a request wants: all but the fetch before it. */
export function withoutFetch(steps: readonly string[]): string[] {
  return steps.filter((step) => step !== fetchStep);
}
