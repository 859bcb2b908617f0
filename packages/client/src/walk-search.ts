import type { FoundTrack } from "@segue/contracts";
import type { ApiClient, CallOptions, SearchAsked } from "./api-client.ts";
import { walkPages } from "./walk-pages.ts";

const largestPage = 200;

/** What a search finds, in its order, at most `limit`, page by page. */
export function walkSearch(
  api: Pick<ApiClient, "searchTracks">,
  limit: number,
  search: Omit<SearchAsked, "limit" | "cursor"> = {},
  options: CallOptions = {},
): AsyncGenerator<FoundTrack> {
  return walkPages(limit, async (cursor, left) => {
    const asked = { ...search, limit: Math.min(left, largestPage), ...(cursor === null ? {} : { cursor }) };
    const { tracks: items, nextCursor } = await api.searchTracks(asked, options);
    return { items, nextCursor };
  });
}
