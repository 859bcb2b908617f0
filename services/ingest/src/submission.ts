import { TrackAccepted, type TrackFromSource } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  acceptTrack,
  type Brought,
  describeAccepted,
  planTargets,
  type TrackDetails,
} from "./accept-track.ts";
import type { ApiContext } from "./api-context.ts";
import { baseUrl } from "./base-url.ts";
import { trackUrl } from "./describe-track.ts";
import { findMaster } from "./find-master.ts";
import { countAccepted, requireRoom } from "./keys/quotas.ts";
import { nameSource } from "./name-source.ts";
import type { Undertaking } from "./once/answer-once.ts";
import { ownerOf } from "./owner-of.ts";
import { requireSource } from "./require-source.ts";
import { traceRequest } from "./trace-request.ts";

/** A track that is submitted: its bytes, if it brought any, have come. */
export interface Submission {
  /** What it is, as another one can be compared with it. */
  readonly request: object;
  /** Null: nothing has come, but a source. */
  readonly sizeBytes: number | null;
  /** The source that it names, with all that signs it. */
  readonly url?: string;
  /** Has its master kept, if it brought one. */
  settle(): Promise<{ details: Omit<TrackDetails, "owner">; brought: Brought }>;
  /** Lets go of what was not kept. */
  end(): Promise<void>;
}

/** @throws {ProblemError} `invalid-request`. */
export function submitSource(context: ApiContext, body: TrackFromSource): Submission {
  const { source, title = null, metadata, targets } = body;
  planTargets(context, targets);
  requireSource(context, source);
  return {
    request: body,
    sizeBytes: null,
    url: source,
    settle: async () => ({
      brought: { url: source },
      details: { title, metadata, fileName: nameSource(source), source, targets, job: null },
    }),
    async end() {},
  };
}

/** The request that a submission came with, and how. */
export interface SubmittedWith {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: string;
  /** Whether the same, sent again, is about the same track. */
  readonly isRepeatable: boolean;
}

/** Has a track accepted, once. */
export function undertakeSubmission(
  context: ApiContext,
  submission: Submission,
  { request, reply, route, isRepeatable }: SubmittedWith,
): Undertaking<typeof TrackAccepted> {
  let brought: Brought | undefined;
  return {
    // Whichever way it comes: a track that is submitted.
    request: { route: "POST /v1/tracks", ...submission.request },
    plan: TrackAccepted,
    async decide() {
      await requireRoom(context, request, submission.sizeBytes);
      const settled = await submission.settle();
      brought = settled.brought;
      return describeAccepted(context, { ...settled.details, owner: ownerOf(request) }, brought);
    },
    carryOut: (track) =>
      traceRequest(request, route, async (trace) => {
        const { trackId: id, sizeBytes } = track;
        const brings = await bringFor(context, submission, track, brought);
        await countAccepted(context, request, reply, { trackId: id, sizeBytes, isRepeatable }, () =>
          acceptTrack(context, track, brings, trace),
        );
        const url = trackUrl(baseUrl(context, request), id);
        return { status: 202, location: url, body: { id, url, state: "accepted" } };
      }),
  };
}

/** What a track was planned with, by this request or by an earlier one under the same key, which said the same. */
async function bringFor(
  context: ApiContext,
  { url }: Submission,
  { master }: TrackAccepted,
  brought: Brought | undefined,
): Promise<Brought> {
  if (url !== undefined) return { url };
  if (brought && "payload" in brought && brought.payload.name === master) return brought;
  return { payload: await findMaster(context, { master }) };
}
