import type { TrackSummary } from "@segue/contracts";
import type { ApiClient, CallOptions, TrackFilter } from "./api-client.ts";

const largestPage = 200;

/** The newest tracks that a filter lets through, at most `limit`, page by page. */
export async function* walkTracks(
  api: Pick<ApiClient, "readPage">,
  limit: number,
  filter: TrackFilter = {},
  options: CallOptions = {},
): AsyncGenerator<TrackSummary> {
  let cursor: string | null = null;
  let left = limit;
  do {
    const page = await api.readPage({ limit: Math.min(left, largestPage), cursor }, filter, options);
    yield* page.tracks;
    left -= page.tracks.length;
    cursor = page.nextCursor;
  } while (cursor !== null && left > 0);
}
