import { digestFor, TrackAccepted, type TrackFromSource } from "@segue/contracts";
import type { Received } from "@segue/intake";
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
import { countAccepted, requireRoom } from "./keys/quotas.ts";
import { nameSource } from "./name-source.ts";
import type { Undertaking } from "./once/answer-once.ts";
import type { OwnKey } from "./once/keyed-requests.ts";
import { ownerOf } from "./owner-of.ts";
import { requireSource } from "./require-source.ts";
import { traceRequest } from "./trace-request.ts";

/** A track that is submitted: its bytes, if it brought any, have come. */
export interface Submission {
  /** What it is, as another one can be compared with it. */
  readonly request: object;
  readonly details: Omit<TrackDetails, "owner" | "keyedAs">;
  /** What has come; null: nothing but a source. */
  readonly received: Received | null;
  /** Has its master kept, if it brought one: once it is certain that there will be a track of it. */
  bring(): Promise<Brought>;
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
    received: null,
    details: { title, metadata, fileName: nameSource(source), source, targets, job: null },
    bring: async () => ({ url: source }),
    async end() {},
  };
}

/** The request that a submission came with, and how. */
export interface SubmittedWith {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: string;
  /** The key that it came under; undefined: the same, sent again, is about another track. */
  readonly key: OwnKey | undefined;
}

/**
 * Has a track accepted, once. What it brought is kept last but one, when it has its claim and its charge: whatever is refused before leaves no master that
 * nobody would ever delete, and no track is without one. A request that comes again under its key brings the same bytes again.
 */
export function undertakeSubmission(
  context: ApiContext,
  submission: Submission,
  { request, reply, route, key }: SubmittedWith,
): Undertaking<typeof TrackAccepted> {
  const { details, received } = submission;
  return {
    // Whichever way it comes: a track that is submitted.
    request: { route: "POST /v1/tracks", ...submission.request },
    plan: TrackAccepted,
    async decide() {
      await requireRoom(context, request, received?.sizeBytes ?? 0);
      if (received) await context.refused.require(received.sha256);
      const keyedAs = key && digestFor(key.owner, key.key);
      return describeAccepted(context, { ...details, owner: ownerOf(request), keyedAs }, received);
    },
    carryOut: (track) =>
      traceRequest(request, route, async (trace) => {
        const { trackId: id, sizeBytes } = track;
        const isRepeatable = key !== undefined;
        await countAccepted(context, request, reply, { trackId: id, sizeBytes, isRepeatable }, async () =>
          acceptTrack(context, track, await submission.bring(), trace),
        );
        const url = trackUrl(baseUrl(context, request), id);
        return { status: 202, location: url, body: { id, url, state: "accepted" } };
      }),
  };
}
