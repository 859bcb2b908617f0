import { TrackList, type TrackQuery, TrackQuery as TrackQuerySchema } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { summarizeTrack } from "../describe-track.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
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
    const { tracks, hasMore } = await readPage(context, request.query, ownerOf(request));
    const last = tracks.at(-1);
    return {
      tracks: tracks.map((track) => summarizeTrack(track, baseUrl(context, request))),
      nextCursor: hasMore && last ? encodeCursor(last.id) : null,
    };
  });
}

async function readPage(
  { catalog }: ApiContext,
  { ids, limit, cursor, ...filter }: TrackQuery,
  owner: string,
) {
  refuseContradictions({ ids, cursor, ...filter });
  const before = cursor === undefined ? undefined : decodeCursor(cursor);
  if (ids) return { tracks: await catalog.tracks(ids, owner), hasMore: false };
  const tracks = await catalog.listTracks({ before, limit: limit + 1 }, { ...filter, owner });
  return { tracks: tracks.slice(0, limit), hasMore: tracks.length > limit };
}

/** What would be left out of account in silence. @throws {ProblemError} `invalid-request` naming it. */
function refuseContradictions({ ids, ...others }: Omit<TrackQuery, "limit">): void {
  const given = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (ids && given.length > 0) {
    throw new ProblemError("invalid-request", `ids: expected no ${given.join(", no ")} beside it`);
  }
  const { failed, code, step } = others;
  if (failed === false && (code !== undefined || step !== undefined)) {
    throw new ProblemError(
      "invalid-request",
      "failed: expected true beside code or step, which ask for failures",
    );
  }
}
