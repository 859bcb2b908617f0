import { TrackList, type TrackQuery, TrackQuery as TrackQuerySchema } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { summarizeTrack } from "../describe-track.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks`: newest first, a page at a time, of all, or of those that a filter lets through; or those with given ids. */
export function listTracksRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "listTracks",
    summary: "Tracks, newest first",
    querystring: TrackQuerySchema,
    response: { 200: TrackList, ...problems(400, 503) },
  };
  app.get("/v1/tracks", { schema }, async (request) => {
    const { tracks, hasMore } = await readPage(context, request.query);
    const last = tracks.at(-1);
    return {
      tracks: tracks.map((track) => summarizeTrack(track, baseUrl(context, request))),
      nextCursor: hasMore && last ? encodeCursor(last.id) : null,
    };
  });
}

async function readPage({ catalog }: ApiContext, { ids, limit, cursor, ...filter }: TrackQuery) {
  const before = cursor === undefined ? undefined : decodeCursor(cursor);
  if (ids) return { tracks: await catalog.tracks(ids), hasMore: false };
  const tracks = await catalog.listTracks({ before, limit: limit + 1 }, filter);
  return { tracks: tracks.slice(0, limit), hasMore: tracks.length > limit };
}
