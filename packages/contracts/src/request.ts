import { z } from "zod";
import { boundedArray } from "./bounded-array.ts";
import { Address, Instant, Name, RequestId, Sha256, TrackId } from "./ids.ts";
import { openEnum } from "./open-enum.ts";

/** Steps that a request may name: far more than a chain has. */
const maxSteps = 1_000;

/** Whose tracks they are where nobody asked for more than one owner. */
export const defaultOwner = "default";

/** Kind to address of what a request is to make. */
const PlannedAddresses = z.record(Name, Address);

/**
 * The part of a request that travels with every fact and task that follows from it: small, and the same from its beginning to its
 * end, but for `addresses`, where a worker of another release has made something else than was planned, and for `force`, where the
 * reconciler carries it on and some of it was made meanwhile.
 */
export const RequestBlock = z.object({
  requestId: RequestId,
  owner: Name,
  trackId: TrackId,
  /** The master that everything of this track derives from. */
  master: Sha256,
  /** The steps needed to reach the request's targets. */
  wants: boundedArray(Name, maxSteps),
  /** Steps that compute although their result is there; what this request has made once is not made again, however often it is announced. */
  force: boundedArray(Name, maxSteps),
  /**
   * Of wanted steps, the version that was asked for: a worker with a lower one hands the message back, for a younger one to
   * take. A step that is not named here may be done by whatever version gets it.
   */
  versions: z.record(Name, z.int().positive()),
  /** Where whoever planned it expects each artifact. A join looks there, whatever its own code would reckon. */
  addresses: PlannedAddresses,
  /** What a backfill asks for, and all that follows from it, waits for what is live. Whatever else is said here waits likewise. */
  priority: openEnum(["live", "backfill"]),
});
export type RequestBlock = z.infer<typeof RequestBlock>;

/**
 * What somebody asked for: a submission, a replay, a backfill's item. Immutable: an object that is created once (a submission's is in
 * the track's own), and a row. What a track wants is the union of what its requests want. A replay's is published on the `tracks` topic.
 */
export const Request = RequestBlock.extend({
  /** 2: its track's master has still to be fetched, so that no address is planned. */
  v: z.literal([1, 2]),
  master: RequestBlock.shape.master.nullable(),
  type: z.literal("Request"),
  cause: openEnum(["submission", "replay", "backfill"]),
  /** What was asked for by name; `wants` follows from it. Empty for a request that adds no target. */
  targets: boundedArray(Name, maxSteps),
  /** Of a backfill's item. */
  backfillId: TrackId.nullable(),
  /** What an `Idempotency-Key` that it came under is kept by; left out: it came under none. */
  keyedAs: Sha256.optional(),
  requestedAt: Instant,
});
export type Request = z.infer<typeof Request>;

/** One whose track's master is known: what the chain works on. */
export type MasteredRequest = Request & Pick<RequestBlock, "master">;

export function hasMaster(request: Request): request is MasteredRequest {
  return request.master !== null;
}

export function blockOf(request: MasteredRequest): RequestBlock {
  const { requestId, owner, trackId, master, wants, force, versions, addresses, priority } = request;
  return { requestId, owner, trackId, master, wants, force, versions, addresses, priority };
}

/** A request whose artifacts are known to be elsewhere than planned. */
export function withAddresses(
  request: RequestBlock,
  addresses: Readonly<Record<string, string>>,
): RequestBlock {
  return { ...request, addresses: { ...request.addresses, ...addresses } };
}
