import type { StoredTrack } from "@segue/catalog-db";
import { describeFetchRequest, describeRequest } from "@segue/chain";
import {
  createId,
  digestFor,
  hasMaster,
  ReplayReceipt,
  ReplayRequest,
  Request,
  showSource,
  TrackId,
  withoutFetch,
} from "@segue/contracts";
import type { TraceContext } from "@segue/telemetry";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { acceptReplay, beginWith } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { findMaster } from "../find-master.ts";
import { findTrack } from "../find-track.ts";
import { scopeMissing } from "../keys/require-key.ts";
import { answerOnce } from "../once/answer-once.ts";
import { readKey } from "../once/read-key.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { sightOf } from "../sight-of.ts";
import { traceRequest } from "../trace-request.ts";
import { problems } from "./problems.ts";

/** `POST /v1/tracks/:id/replay`: the track goes through the chain again; what is there is found there. */
export function replayTrackRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "replayTrack",
    summary: "Send a track through the chain again; what is there is skipped, unless it is forced",
    params: z.object({ id: TrackId }),
    body: ReplayRequest,
    response: { 202: ReplayReceipt, ...problems(400, 403, 404, 410, 422, 503) },
  };
  const url = "/v1/tracks/:id/replay";
  app.post(url, { schema }, async (request, reply) => {
    const { id } = request.params;
    const { force } = request.body;
    // Whoever operates the fleet replays anybody's.
    const { owner, sees } = sightOf(request);
    // Results are shared by all tracks of one master, and computing is what quotas are for.
    if (!sees && Array.isArray(force) && force.length > 0)
      throw scopeMissing(["operate"], "force: expected, to have made again what has not failed, a key");
    const whose = { id, owner: sees ? undefined : owner };
    return answerOnce(context, request, reply, {
      request: { route: `POST ${url}`, id, force },
      plan: Request,
      decide: async () => ({ ...(await decideReplay(context, whose, force)), ...keyOf(request) }),
      carryOut: (replay) =>
        traceRequest(request, `POST ${url}`, async (trace) => {
          await carryOutReplay(context, replay, trace);
          const location = trackUrl(baseUrl(context, request), id);
          const { requestId, wants, force } = replay;
          const body = { id, url: location, requestId, wants, force };
          return { status: 202, location, body };
        }),
    });
  });
}

/** Where it is kept that it came under a key: what that stands for goes with the track. */
function keyOf(request: FastifyRequest): Pick<Request, "keyedAs"> {
  const key = readKey(request.raw);
  return key === undefined ? {} : { keyedAs: digestFor(ownerOf(request), key) };
}

async function decideReplay(
  context: ApiContext,
  { id, owner }: { readonly id: string; readonly owner: string | undefined },
  asked: ReplayRequest["force"],
): Promise<Request> {
  const { track, degraded } = await findTrack(context, id, owner);
  if (asked === "failed" && degraded !== undefined) {
    throw new ProblemError("unavailable", `which steps have failed can't be told: ${degraded}`);
  }
  return describeReplay(context, track, resolveForce(context, track, asked));
}

async function carryOutReplay(context: ApiContext, replay: Request, trace: TraceContext): Promise<void> {
  const { trackId, requestId, force } = replay;
  const beginning = hasMaster(replay)
    ? beginWith(replay, await findMaster(context, replay))
    : { request: replay, source: showSource((await findTrack(context, trackId, replay.owner)).track.source) };
  await acceptReplay(context, replay, beginning, trace);
  context.log.info({ track: trackId, request: requestId, force }, "track replayed");
}

/**
 * Without versions: after a rollback it would wait for workers that nobody starts. A track without a master has its source fetched first,
 * however that ended before.
 */
function describeReplay({ chain, now }: ApiContext, track: StoredTrack, force: string[]): Request {
  const at = now();
  // What has become a rendering since is made when it is read.
  const isMade = (step: string) => chain.replacementOf(step) === undefined;
  const asked = {
    requestId: createId(at),
    trackId: track.id,
    owner: track.owner,
    cause: "replay" as const,
    wants: withoutFetch(track.wants).filter(isMade),
    force: force.filter(isMade),
    requestedAt: at.toISOString(),
  };
  return track.master === null
    ? describeFetchRequest(asked)
    : describeRequest(chain, { ...asked, master: track.master });
}

/** @throws {ProblemError} `invalid-request` naming the steps that the track wants. */
function resolveForce({ chain }: ApiContext, track: StoredTrack, asked: ReplayRequest["force"]): string[] {
  if (asked === undefined) return [];
  const rendered = asked === "failed" ? undefined : asked.find((step) => chain.replacementOf(step));
  if (rendered !== undefined)
    throw new ProblemError(
      "invalid-request",
      `force: ${rendered} is made of ${chain.replacementOf(rendered)?.kind.name} each time that it is read: there is nothing to force`,
    );
  if (asked === "failed")
    return track.outcomes.filter(({ status }) => status === "failed").map(({ step }) => step);
  // What a track's master is never changes.
  const forcible = track.master === null ? track.wants : withoutFetch(track.wants);
  const unknown = asked.filter((step) => !forcible.includes(step));
  if (unknown.length === 0) return [...new Set(asked)];
  throw new ProblemError(
    "invalid-request",
    `force: the track does not want ${unknown.join(", ")}; it wants: ${forcible.join(", ")}`,
  );
}
