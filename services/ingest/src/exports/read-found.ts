import type { SearchPlace, SearchWanted, StoredTrack } from "@segue/catalog-db";
import type { SearchReads } from "../catalog-reads.ts";

/** Tracks that are read at once: with all that is known of them, some 20 kB each. */
const atOnce = 100;

/**
 * All that a search finds, in its order, with results, a page after the other: what is not asked for is not read. Tracks that are deleted meanwhile are left out.
 *
 * @param limit how many tracks are looked for, at most.
 * @throws {ProblemError} `unavailable`.
 */
export async function* readFound(
  search: Pick<SearchReads, "tracks" | "wholeTracks">,
  { limit, ...wanted }: Omit<SearchWanted, "behind">,
): AsyncGenerator<readonly StoredTrack[]> {
  let behind: SearchPlace | null = null;
  for (let left = limit; left > 0; ) {
    const size = Math.min(left, atOnce);
    const hits = await search.tracks({ ...wanted, behind, limit: size });
    const ids = hits.map(({ id }) => id);
    const tracks = ids.length > 0 ? await search.wholeTracks(ids, wanted.owner) : [];
    const byId = new Map(tracks.map((track) => [track.id, track]));
    yield ids.flatMap((id) => byId.get(id) ?? []);
    if (hits.length < size) return;
    behind = hits.at(-1) ?? null;
    left -= size;
  }
}
