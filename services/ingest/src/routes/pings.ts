import { planRequest } from "@segue/chain";
import { createId, PingAnswers, PingReceipt, PingRequest, TrackId } from "@segue/contracts";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { answerOnce } from "../once/answer-once.ts";
import { traceRequest } from "../trace-request.ts";
import { problems } from "./problems.ts";

const PingPlan = PingReceipt.omit({ url: true });

/** No bytes have this digest: a ping is about no track. */
const noMaster = "0".repeat(64);

/** `/v1/pings`: asks every step without computing anything, and tells who is there. */
export function pingRoutes(app: Api, context: ApiContext): void {
  const url = "/v1/pings";
  const send = {
    operationId: "sendPing",
    summary: "Ask every step and compute nothing: each answers",
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
        return { id: createId(now), sentAt: now.toISOString(), wants };
      },
      async carryOut(plan) {
        const { id, wants } = plan;
        const details = { requestId: id, trackId: id, master: noMaster, wants, priority };
        const ping = planRequest(context.chain, details);
        await traceRequest(request, `POST ${url}`, (trace) => context.publisher.ping(ping, trace));
        const location = `${baseUrl(context, request)}${url}/${plan.id}`;
        return { status: 202, location, body: { ...plan, url: location } };
      },
    });
  });

  const read = {
    operationId: "getPing",
    summary: "The steps that have answered a ping so far",
    params: z.object({ id: TrackId }),
    response: { 200: PingAnswers, ...problems(400, 404, 503) },
  };
  app.get(`${url}/:id`, { schema: read }, async (request) => ({
    answers: await context.catalog.ping(request.params.id),
  }));
}
