import { createHash } from "node:crypto";
import { canonicalJson } from "@segue/chain";
import { hasMaster, JobRequest, JobResource, showSource, type TrackAccepted } from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { acceptTrack, type Brought, describeAccepted, planTargets } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { findMaster } from "../find-master.ts";
import { findTrack } from "../find-track.ts";
import { countAccepted, requireRoom } from "../keys/quotas.ts";
import { nameSource } from "../name-source.ts";
import { answerOnce } from "../once/answer-once.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { requireSource } from "../require-source.ts";
import { traceRequest } from "../trace-request.ts";
import { problems } from "./problems.ts";

/** `POST /v1/jobs` and `GET /v1/jobs/:request_id`: Beatport's contract. */
export function jobRoutes(app: Api, context: ApiContext): void {
  const create = {
    operationId: "createJob",
    summary: "Submit a job; the same request_id again gives the same job",
    body: JobRequest,
    response: { 200: JobResource, 202: JobResource, ...problems(400, 409, 422, 429, 503, 507) },
  };
  app.post("/v1/jobs", { schema: create }, async (request, reply) => {
    const job = request.body;
    const owner = ownerOf(request);
    return answerOnce(context, request, reply, {
      request: { route: "POST /v1/jobs", job },
      // The job's object is its plan.
      plan: z.null(),
      async decide() {
        await requireRoom(context, request, 0).catch(async (error: unknown) => {
          // What was submitted before is answered as it was.
          if (!(await context.jobs.read(owner, job.request_id))) throw error;
        });
        return null;
      },
      carryOut: () =>
        traceRequest(request, "POST /v1/jobs", async (trace) => {
          const accept: Accept = (track, brought) => {
            const { trackId, sizeBytes } = track;
            const counted = { trackId, sizeBytes, isRepeatable: true };
            return countAccepted(context, request, reply, counted, () =>
              acceptTrack(context, track, brought, trace),
            );
          };
          const { track, repeated } = await submitJob(context, { job, owner }, accept);
          const body = await describeJob(context, request, track);
          return { status: repeated ? 200 : 202, location: body.url, body };
        }),
    });
  });

  const get = {
    operationId: "getJob",
    summary: "A job, by the request_id that it was submitted with",
    params: z.object({ request_id: JobRequest.shape.request_id }),
    response: { 200: JobResource, ...problems(400, 404, 410, 503) },
  };
  app.get("/v1/jobs/:request_id", { schema: get }, async (request) => {
    const id = request.params.request_id;
    const job = await context.jobs.read(ownerOf(request), id);
    if (!job) throw new ProblemError("not-found", `there is no job with the request_id ${id}`);
    return describeJob(context, request, job.track);
  });
}

type Accept = (track: TrackAccepted, brought: Brought) => Promise<void>;

/**
 * The job's object is what makes it idempotent: it is written, create-only, before anything is announced, and holds the
 * track. A repeated request finishes what an interrupted one has begun.
 */
async function submitJob(
  context: ApiContext,
  { job, owner }: { readonly job: JobRequest; readonly owner: string },
  accept: Accept,
): Promise<{ track: TrackAccepted; repeated: boolean }> {
  const request = digestOf(job);
  const earlier = await context.jobs.read(owner, job.request_id);
  if (earlier) {
    checkSame(job, earlier.request);
    if (!(await isKnown(context, earlier.track.trackId))) {
      await accept(earlier.track, await bringFor(context, job, earlier.track));
    }
    return { track: earlier.track, repeated: true };
  }
  const targets = job.derivative_assets.length > 0 ? job.derivative_assets : undefined;
  planTargets(context, targets);
  requireSource(context, job.source);
  const { source: url } = job;
  const details = {
    ...{ owner, title: null, metadata: undefined, fileName: nameSource(url), source: url },
    ...{ targets, job: refOf(job) },
  };
  const mine = { v: 1 as const, request, track: describeAccepted(context, details, null) };
  const winner = await context.jobs.create(mine, owner, job.request_id);
  checkSame(job, winner.request);
  await accept(winner.track, { url });
  return { track: winner.track, repeated: winner !== mine };
}

/** Jobs from before fetches have a master already. */
async function bringFor(context: ApiContext, job: JobRequest, { request }: TrackAccepted): Promise<Brought> {
  return hasMaster(request) ? { payload: await findMaster(context, request) } : { url: job.source };
}

function refOf(job: JobRequest): NonNullable<TrackAccepted["job"]> {
  return {
    requestId: job.request_id,
    releaseId: job.release_id,
    assetId: job.asset_id,
    assetGuid: job.asset_guid,
    derivativeAssets: job.derivative_assets,
  };
}

/** Of the whole request: its source may be signed, and is not to be read in storage. */
function digestOf(job: JobRequest): string {
  return `sha256:${createHash("sha256").update(canonicalJson(job)).digest("hex")}`;
}

function checkSame(job: JobRequest, earlier: string): void {
  // Older jobs were kept as they came.
  if (earlier === digestOf(job) || earlier === canonicalJson(job)) return;
  const message = `request_id ${job.request_id} was used before, with another body`;
  throw new ProblemError("conflict", message);
}

/** Whether the catalog has heard of a track; when it can't be asked, no: announcing twice does no harm. */
async function isKnown({ catalog }: ApiContext, id: string): Promise<boolean> {
  try {
    return (await catalog.track(id)) !== undefined;
  } catch {
    return false;
  }
}

async function describeJob(
  context: ApiContext,
  request: FastifyRequest,
  { trackId, job, source }: TrackAccepted,
): Promise<JobResource> {
  if (!job) throw new TypeError(`the track ${trackId} came without a job`);
  const base = baseUrl(context, request);
  const { track } = await findTrack(context, trackId, ownerOf(request)).catch((error: unknown) => {
    // Interrupted between the job's object and the track's: a repeated request finishes it.
    if (error instanceof ProblemError && error.problem === "not-found") {
      return { track: { state: "accepted" as const } };
    }
    throw error;
  });
  return {
    request_id: job.requestId,
    release_id: job.releaseId,
    asset_id: job.assetId,
    asset_guid: job.assetGuid,
    derivative_assets: job.derivativeAssets,
    source: showSource(source),
    state: track.state,
    track_id: trackId,
    track_url: trackUrl(base, trackId),
    url: `${base}/v1/jobs/${encodeURIComponent(job.requestId)}`,
  };
}
