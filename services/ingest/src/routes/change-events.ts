import { Readable } from "node:stream";
import { ChangeEventsQuery, TrackId } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { decodePlace, type FeedPlace, requireKept } from "../changes/feed-place.ts";
import { type StreamOptions, streamChanges } from "../changes/stream-changes.ts";
import { summarizeTrack } from "../describe-track.ts";
import { findTrack } from "../find-track.ts";
import { ownerOf } from "../owner-of.ts";
import { problems } from "./problems.ts";

const events = {
  200: {
    description: "Events for as long as the client stays; the data of each is a `Change` in JSON",
    content: { "text/event-stream": { schema: z.string().describe("server-sent events") } },
  },
};
/** What a browser sends of itself when it comes back. */
const headers = z.looseObject({
  "last-event-id": z
    .string()
    .max(100)
    .optional()
    .meta({
      description: "of the last event that came: what has happened since is told first",
      examples: ["NWQ4ZDc3ZTEuMTIz"],
    }),
});

/** `GET /v1/changes/events` and `GET /v1/tracks/:id/events`: what happens, as it happens. */
export function changeEventsRoutes(app: Api, context: ApiContext): void {
  const ofAll = {
    operationId: "streamChanges",
    summary: "What happens to tracks, as it happens: server-sent events",
    querystring: ChangeEventsQuery,
    headers,
    response: { ...events, ...problems(400, 410, 429, 503) },
  };
  // Compressing would hold events back.
  app.get("/v1/changes/events", { schema: ofAll, compress: false }, async (request, reply) => {
    const signal = context.held.hold(reply);
    const since = request.headers["last-event-id"] ?? request.query.since;
    return send(context, request, reply, { signal, place: await placeOf(context, since) });
  });

  const ofOne = {
    operationId: "streamTrack",
    summary:
      "What happens to a track, as it happens: server-sent events, the first of which is the track as it is",
    params: z.object({ id: TrackId }),
    headers,
    response: { ...events, ...problems(400, 404, 410, 429, 503) },
  };
  app.get("/v1/tracks/:id/events", { schema: ofOne, compress: false }, async (request, reply) => {
    const signal = context.held.hold(reply);
    const { id } = request.params;
    // Before the track is read: what happens after that is told.
    const place = await placeOf(context, request.headers["last-event-id"]);
    const { track } = await findTrack(context, id, ownerOf(request));
    const first = { event: "track", data: summarizeTrack(track, baseUrl(context, request)) };
    return send(context, request, reply, { signal, place, trackId: id, first });
  });
}

type Streamed = Pick<StreamOptions, "signal" | "place" | "trackId" | "first">;

function send(
  { feed, streamPaces: paces }: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  streamed: Streamed,
) {
  const onStall = () => request.raw.socket.destroy();
  const options = { ...streamed, owner: ownerOf(request), feed, paces, onStall };
  return (
    reply
      .header("content-type", "text/event-stream")
      .header("cache-control", "no-store")
      // What stands between may hold back what is not whole yet.
      .header("x-accel-buffering", "no")
      .send(Readable.from(streamChanges(options), { objectMode: false, highWaterMark: 16_384 }))
  );
}

/** @throws {ProblemError} `invalid-request`, `cursor-expired`, `unavailable`. */
async function placeOf({ catalog }: ApiContext, since: string | undefined): Promise<FeedPlace> {
  const isFromNow = since === undefined || since === "now";
  const place = isFromNow ? undefined : decodePlace(since, "last-event-id or since");
  const read = await catalog.changes({ after: Number.MAX_SAFE_INTEGER, limit: 1 });
  if (place) requireKept(place, read);
  return place ?? { epoch: read.epoch, number: read.last };
}
