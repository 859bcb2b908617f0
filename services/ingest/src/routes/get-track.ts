import { TrackId, TrackResource } from "@segue/contracts";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { describeTrack } from "../describe-track.ts";
import { findTrack } from "../find-track.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks/:id`: state, steps and results. */
export function getTrackRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getTrack",
    summary: "A track: its state, its steps and its results",
    params: z.object({ id: TrackId }),
    response: { 200: TrackResource, ...problems(400, 404, 503) },
  };
  app.get("/v1/tracks/:id", { schema }, async (request) =>
    describeTrack(context, await findTrack(context, request.params.id), baseUrl(context, request)),
  );
}
