import { TrackId, TrackResource, TrackWaitQuery } from "@segue/contracts";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { within } from "../changes/abort-after.ts";
import { findEnded } from "../changes/wait-for.ts";
import { describeTrack } from "../describe-track.ts";
import { findTrack } from "../find-track.ts";
import { sightOf } from "../sight-of.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks/:id`: state, steps and results; at once, or when it has come to its end. */
export function getTrackRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getTrack",
    summary: "A track: its state, its steps and its results",
    params: z.object({ id: TrackId }),
    querystring: TrackWaitQuery,
    response: { 200: TrackResource, ...problems(400, 404, 410, 429, 503) },
  };
  app.get("/v1/tracks/:id", { schema }, async (request, reply) => {
    const { id } = request.params;
    const { wait = 0 } = request.query;
    const { owner, sees } = sightOf(request);
    const find = () => findTrack(context, id, owner);
    if (wait === 0) return describeTrack(context, await find(), baseUrl(context, request), sees);
    const signal = context.held.hold(reply);
    const found = await within(1_000 * wait, signal, (until) => findEnded(context, until, id, find));
    return describeTrack(context, found, baseUrl(context, request), sees);
  });
}
