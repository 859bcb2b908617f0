import { CancelAnswer, TakedownReceiptLink, TakedownRequested, TrackId } from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { askTakedown, describeTakedown, linkOf } from "../ask-takedown.ts";
import { findTrack } from "../find-track.ts";
import { answerOnce } from "../once/answer-once.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { traceRequest } from "../trace-request.ts";
import { problems } from "./problems.ts";

const params = z.object({ id: TrackId });

/** `DELETE /v1/tracks/:id` and `POST /v1/tracks/:id/cancel`: the track goes, whatever has become of it; or if nothing has. */
export function deleteTrackRoutes(app: Api, context: ApiContext): void {
  const url = "/v1/tracks/:id";
  const remove = {
    operationId: "deleteTrack",
    summary: "Delete a track, with all that was made of it and is nobody else's",
    description:
      "Answered once it is safe that it goes. Within seconds the track is 410 `track-deleted`; how far its takedown is, and the signed receipt that nothing is left, is read " +
      "at `url`. Nothing that another owner has is touched, and whether one has the same bytes is not told.",
    params,
    response: { 202: TakedownReceiptLink, ...problems(400, 404, 410, 422, 503) },
  };
  app.delete(url, { schema: remove }, async (request, reply) => {
    const { id } = request.params;
    return answerOnce(context, request, reply, {
      request: { route: `DELETE ${url}`, id },
      plan: TakedownRequested,
      async decide() {
        await findTrack(context, id, ownerOf(request));
        return describeTakedown(context, request, { cause: "delete", tracks: [id] });
      },
      carryOut: (requested) =>
        carryOut(context, request, requested, `DELETE ${url}`, (link) => ({ ...link })),
    });
  });

  const cancel = {
    operationId: "cancelTrack",
    summary: "Cancel a track of which no step has begun; one that has comes to its end",
    params,
    response: { 202: CancelAnswer, ...problems(400, 404, 409, 410, 422, 503) },
  };
  app.post(`${url}/cancel`, { schema: cancel }, async (request, reply) => {
    const { id } = request.params;
    return answerOnce(context, request, reply, {
      request: { route: `POST ${url}/cancel`, id },
      plan: TakedownRequested,
      async decide() {
        await requireNotBegun(context, id, ownerOf(request));
        return describeTakedown(context, request, { cause: "cancel", tracks: [id] });
      },
      carryOut: (requested) =>
        carryOut(context, request, requested, `POST ${url}/cancel`, (takedown) => ({ id, takedown })),
    });
  });
}

/** @throws {ProblemError} `already-started`, saying which steps; `unavailable` where that can't be told. */
async function requireNotBegun(context: ApiContext, id: string, owner: string): Promise<void> {
  const { track, degraded } = await findTrack(context, id, owner);
  if (degraded !== undefined)
    throw new ProblemError("unavailable", `whether it has begun can't be told: ${degraded}`);
  const begun = track.outcomes.map(({ step, status }) => `${step} ${status}`);
  if (track.state !== "accepted" || begun.length > 0)
    throw new ProblemError(
      "already-started",
      `the track is ${track.state}: ${begun.join(", ") || "at work"}`,
    );
}

function carryOut(
  context: ApiContext,
  request: FastifyRequest,
  requested: TakedownRequested,
  route: string,
  answer: (link: TakedownReceiptLink) => Record<string, unknown>,
) {
  return traceRequest(request, route, async (trace) => {
    await askTakedown(context, requested, trace);
    const link = linkOf(context, request, requested.takedownId);
    return { status: 202, location: link.url, body: answer(link) };
  });
}
