import { type ArtifactReady, Master, PingAnswers, PingReceipt, PingRequest, TrackId } from "@segue/contracts";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { answerOnce } from "../once/answer-once.ts";
import { traceRequest } from "../trace-request.ts";
import { createTrackId } from "../track-id.ts";
import { problems } from "./problems.ts";

const PingPlan = PingReceipt.omit({ url: true });

/** No bytes have this digest: a ping is about no track. */
const noMaster = "0".repeat(64);

/** `/v1/pings`: walks the chain without computing anything, and tells who is there. */
export function pingRoutes(app: Api, context: ApiContext): void {
  const url = "/v1/pings";
  const send = {
    operationId: "sendPing",
    summary: "Walk the chain and compute nothing: every step answers",
    body: PingRequest,
    response: { 202: PingReceipt, ...problems(400, 422, 503) },
  };
  app.post(url, { schema: send }, async (request, reply) => {
    const { targets, priority } = request.body;
    const { wants } = planTargets(context, targets);
    return answerOnce(context, request, reply, {
      request: { route: `POST ${url}`, targets, priority },
      plan: PingPlan,
      async decide() {
        const now = context.now();
        return { id: createTrackId(now), sentAt: now.toISOString(), wants };
      },
      async carryOut(plan) {
        const ping = describePing(plan.id, plan.wants, priority);
        await traceRequest(request, `POST ${url}`, (trace) => context.publisher.announcePing(ping, trace));
        const location = `${baseUrl(context, request)}${url}/${plan.id}`;
        return { status: 202, location, body: { ...plan, url: location } };
      },
    });
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
