import type { StoredTrack } from "@segue/catalog-db";
import { planRequest } from "@segue/chain";
import { ReplayReceipt, ReplayRequest, ReplayRequested, RequestId, TrackId } from "@segue/contracts";
import type { TraceContext } from "@segue/telemetry";
import { z } from "zod";
import { recordOf } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { findMaster } from "../find-master.ts";
import { findTrack } from "../find-track.ts";
import { answerOnce } from "../once/answer-once.ts";
import { ProblemError } from "../problem-error.ts";
import { traceRequest } from "../trace-request.ts";
import { createTrackId } from "../track-id.ts";
import { problems } from "./problems.ts";

/** A replay is a request, whose id is settled with it: however often it is carried out and announced, what it forces is made once. */
const ReplayPlan = ReplayRequested.extend({ requestId: RequestId });
type ReplayPlan = z.infer<typeof ReplayPlan>;

/** `POST /v1/tracks/:id/replay`: the track goes through the chain again; what is there is found there. */
export function replayTrackRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "replayTrack",
    summary: "Send a track through the chain again; what is there is skipped, unless it is forced",
    params: z.object({ id: TrackId }),
    body: ReplayRequest,
    response: { 202: ReplayReceipt, ...problems(400, 404, 422, 503) },
  };
  const url = "/v1/tracks/:id/replay";
  app.post(url, { schema }, async (request, reply) => {
    const { id } = request.params;
    const { force } = request.body;
    return answerOnce(context, request, reply, {
      request: { route: `POST ${url}`, id, force },
      plan: ReplayPlan,
      decide: () => decideReplay(context, id, force),
      carryOut: (replay) =>
        traceRequest(request, `POST ${url}`, async (trace) => {
          const track = await carryOutReplay(context, replay, trace);
          const location = trackUrl(baseUrl(context, request), id);
          const body = { id, url: location, wants: [...track.wants], force: replay.force };
          return { status: 202, location, body };
        }),
    });
  });
}

async function decideReplay(
  context: ApiContext,
  id: string,
  asked: ReplayRequest["force"],
): Promise<ReplayPlan> {
  const { track, degraded } = await findTrack(context, id);
  if (asked === "failed" && degraded !== undefined) {
    throw new ProblemError("unavailable", `which steps have failed can't be told: ${degraded}`);
  }
  return describeReplay(context, track, resolveForce(track, asked));
}

async function carryOutReplay(
  context: ApiContext,
  { requestId, ...replay }: ReplayPlan,
  trace: TraceContext,
): Promise<StoredTrack> {
  const { track } = await findTrack(context, replay.trackId);
  const master = await findMaster(context, track);
  // Safe first: a catalog that is rebuilt from storage knows that it was asked for.
  await context.objects.writeReplay(replay);
  const { force } = replay;
  // No versions: after a rollback it would wait for workers that nobody starts.
  const details = { requestId, trackId: track.id, master: track.master, wants: [...track.wants], force };
  const beginning = {
    master: recordOf(track.master, master),
    request: planRequest(context.chain, details),
  };
  await context.publisher.announceReplay(replay, beginning, trace);
  context.log.info({ track: track.id, force }, "track replayed");
  return track;
}

function describeReplay({ chain, now }: ApiContext, track: StoredTrack, force: string[]): ReplayPlan {
  const requestedAt = now();
  const wanted = chain.steps.filter(({ name }) => track.wants.includes(name));
  return {
    v: 1,
    type: "ReplayRequested",
    requestId: createTrackId(requestedAt),
    trackId: track.id,
    force,
    versions: Object.fromEntries(wanted.map(({ name, version }) => [name, version])),
    requestedAt: requestedAt.toISOString(),
  };
}

/** @throws {ProblemError} `invalid-request` naming the steps that the track wants. */
function resolveForce(track: StoredTrack, asked: ReplayRequest["force"]): string[] {
  if (asked === undefined) return [];
  if (asked === "failed")
    return track.outcomes.filter(({ status }) => status === "failed").map(({ step }) => step);
  const unknown = asked.filter((step) => !track.wants.includes(step));
  if (unknown.length === 0) return [...new Set(asked)];
  throw new ProblemError(
    "invalid-request",
    `force: the track does not want ${unknown.join(", ")}; it wants: ${track.wants.join(", ")}`,
  );
}
