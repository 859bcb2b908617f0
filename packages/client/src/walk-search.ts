import type { FoundTrack } from "@segue/contracts";
import type { ApiClient, CallOptions, SearchAsked } from "./api-client.ts";

const largestPage = 200;

/** What a search finds, in its order, at most `limit`, page by page. */
export async function* walkSearch(
  api: Pick<ApiClient, "searchTracks">,
  limit: number,
  search: Omit<SearchAsked, "limit" | "cursor"> = {},
  options: CallOptions = {},
): AsyncGenerator<FoundTrack> {
  let cursor: string | null = null;
  let left = limit;
  do {
    const asked = { ...search, limit: Math.min(left, largestPage), ...(cursor === null ? {} : { cursor }) };
    const page = await api.searchTracks(asked, options);
    yield* page.tracks;
    left -= page.tracks.length;
    cursor = page.nextCursor;
  } while (cursor !== null && left > 0);
}
