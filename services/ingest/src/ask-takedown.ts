import { createId, type TakedownReceiptLink, type TakedownRequested } from "@segue/contracts";
import type { TraceContext } from "@segue/telemetry";
import type { FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";
import { baseUrl } from "./base-url.ts";
import { callerOf } from "./caller.ts";
import { ProblemError } from "./problem-error.ts";

export const takedownsUrl = "/v1/takedowns";

/** What is to go, and why. */
export type AskedTakedown = Pick<TakedownRequested, "cause"> &
  Partial<Pick<TakedownRequested, "tracks" | "masters" | "again" | "reason">>;

export function describeTakedown(
  { now }: ApiContext,
  request: FastifyRequest,
  { cause, tracks = [], masters = [], again = "new", reason = null }: AskedTakedown,
): TakedownRequested {
  const at = now();
  const { owner, keyId } = callerOf(request);
  return {
    ...{ v: 1, type: "TakedownRequested", takedownId: createId(at), cause, owner, requestedBy: keyId },
    ...{ reason, tracks, masters, again, requestedAt: at.toISOString() },
  };
}

/** What is older than that by its id when it is written is not found in storage: the queue has to tell of it. */
const sweptWithinMs = 60_000;

/** Safe first. What the queue does not take, the catalog finds in storage. @throws {ProblemError} `unavailable`. */
export async function askTakedown(
  { takedowns, publisher, log }: ApiContext,
  requested: TakedownRequested,
  trace: TraceContext,
): Promise<void> {
  const storedAt = await takedowns.create(requested);
  const apartMs = Math.abs(storedAt.getTime() - Date.parse(requested.requestedAt));
  try {
    await publisher.announceTakedown(requested, trace);
  } catch (error) {
    if (!(error instanceof ProblemError) || apartMs >= sweptWithinMs) throw error;
    log.warn(
      { error, takedown: requested.takedownId },
      "a takedown waits for the catalog to find it in storage",
    );
  }
  const { takedownId: takedown, cause, tracks, masters, requestedBy: by } = requested;
  log.info({ takedown, cause, tracks: tracks.length, masters: masters.length, by }, "takedown requested");
}

export function linkOf(context: ApiContext, request: FastifyRequest, id: string): TakedownReceiptLink {
  return { id, url: `${baseUrl(context, request)}${takedownsUrl}/${id}` };
}
