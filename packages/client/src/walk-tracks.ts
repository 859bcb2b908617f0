import type { TrackSummary } from "@segue/contracts";
import type { ApiClient, CallOptions, TrackFilter } from "./api-client.ts";
import { walkPages } from "./walk-pages.ts";

const largestPage = 200;

/** The newest tracks that a filter lets through, at most `limit`, page by page. */
export function walkTracks(
  api: Pick<ApiClient, "readPage">,
  limit: number,
  filter: TrackFilter = {},
  options: CallOptions = {},
): AsyncGenerator<TrackSummary> {
  return walkPages(limit, async (cursor, left) => {
    const page = { limit: Math.min(left, largestPage), cursor };
    const { tracks: items, nextCursor } = await api.readPage(page, filter, options);
    return { items, nextCursor };
  });
}
