import type { StoredTrack } from "@segue/catalog-db";
import type { TrackAccepted } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

export interface FoundTrack {
  readonly track: StoredTrack;
  /** Set when the catalog could not be asked. */
  readonly degraded?: string;
}

/**
 * An owner's track as the catalog knows it, or, if the catalog has not heard of it yet or can't be asked, as it was accepted. Another's is told from none
 * by nothing: not by words, and both are looked for in both places.
 *
 * @param owner undefined: whoever's it is.
 * @throws {ProblemError} `not-found`; `track-deleted`; `unavailable` when neither database nor storage answers.
 */
export async function findTrack(
  context: ApiContext,
  id: string,
  owner: string | undefined,
): Promise<FoundTrack> {
  let degraded: string | undefined;
  try {
    const track = await context.catalog.track(id, owner);
    if (track) return { track };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    context.log.warn({ error, track: id }, "a track is told without the catalog");
    degraded = `${error.message}; the track is safe, how far it is can't be told now`;
  }
  const accepted = await context.tracks.read(id);
  // What was deleted may still be there, or again, for a moment.
  if (degraded === undefined && (await context.catalog.isDeleted(id, owner)))
    throw new ProblemError("track-deleted", `the track ${id} was deleted`);
  if (!accepted || (owner !== undefined && accepted.request.owner !== owner))
    throw new ProblemError("not-found", `there is no track ${id}`);
  const track = asStored(accepted);
  return degraded === undefined ? { track } : { track, degraded };
}

function asStored(accepted: TrackAccepted): StoredTrack {
  const { trackId, request, job: _job, v: _v, type: _type, ...rest } = accepted;
  const { requestId, cause, owner, targets, wants, force, backfillId, requestedAt } = request;
  return {
    ...rest,
    id: trackId,
    metadata: rest.metadata ?? null,
    owner,
    targets,
    wants,
    requests: [{ id: requestId, cause, owner, targets, force, backfillId, requestedAt }],
    state: "accepted",
    finishedAt: null,
    stuck: null,
    outcomes: [],
    corrections: [],
  };
}
