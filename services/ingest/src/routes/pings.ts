import { type ArtifactReady, Master, PingAnswers, PingReceipt, PingRequest, TrackId } from "@segue/contracts";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { traceRequest } from "../trace-request.ts";
import { createTrackId } from "../track-id.ts";
import { problems } from "./problems.ts";

/** No bytes have this digest: a ping is about no track. */
const noMaster = "0".repeat(64);

/** `/v1/pings`: walks the chain without computing anything, and tells who is there. */
export function pingRoutes(app: Api, context: ApiContext): void {
  const url = "/v1/pings";
  const send = {
    operationId: "sendPing",
    summary: "Walk the chain and compute nothing: every step answers",
    body: PingRequest,
    response: { 202: PingReceipt, ...problems(400, 503) },
  };
  app.post(url, { schema: send }, async (request, reply) => {
    const { wants } = planTargets(context, request.body.targets);
    const now = context.now();
    const id = createTrackId(now);
    const ping = describePing(id, wants, request.body.priority);
    await traceRequest(request, `POST ${url}`, (trace) => context.publisher.announcePing(ping, trace));
    const location = `${baseUrl(context, request)}${url}/${id}`;
    return reply
      .code(202)
      .header("location", location)
      .send({ id, url: location, sentAt: now.toISOString(), wants });
  });

  const read = {
    operationId: "getPing",
    summary: "The steps that have answered a ping so far",
    params: z.object({ id: TrackId }),
    response: { 200: PingAnswers, ...problems(400, 503) },
  };
  app.get(`${url}/:id`, { schema: read }, async (request) => ({
    answers: await context.catalog.ping(request.params.id),
  }));
}

function describePing(id: string, wants: string[], priority: "live" | "backfill"): ArtifactReady {
  return {
    v: 1,
    type: "ArtifactReady",
    trackId: id,
    master: noMaster,
    record: {
      v: 1,
      address: noMaster,
      kind: Master.name,
      step: null,
      inputs: {},
      outcome: { status: "succeeded", facts: null, payload: null },
      attempt: null,
    },
    wants,
    ping: true,
    ...(priority === "backfill" ? { priority } : {}),
  };
}
