import { isDeepStrictEqual } from "node:util";
import { artifactRecords, attemptFrom, unknownSpent } from "@segue/artifacts";
import type { Place } from "@segue/chain";
import {
  type ArtifactRecord,
  type Attempt,
  forcesAnew,
  isForced,
  isMadeFor,
  kindsOf,
  ownArtifactOf,
  type RequestBlock,
} from "@segue/contracts";
import { mayFollowAnother } from "@segue/queue";
import type { AnyStep } from "@segue/step";
import { announce } from "./announce.ts";
import type { Errand } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";

/** An ending where a result is there that spares us the work, and has been told; else what is there. */
export async function findResult(
  parts: HandlerParts,
  errand: Errand,
  { address }: Place,
): Promise<Ending | { readonly existing: ArtifactRecord | undefined }> {
  const { step, artifacts } = parts;
  const { request, delivery } = errand;
  const startedAt = parts.now();
  const spares = async (record: ArtifactRecord) =>
    !forcesAnew(step, request, record) && (await isStillGood(parts, errand, record));
  const found = await artifacts.readRecord(ownArtifactOf(step), address);
  if (!found || !(await spares(found))) return { existing: found };
  // Whoever had the message before may have made it anew, and its record may arrive after it has died.
  const existing = mayFollowAnother(delivery)
    ? await artifacts.fenceRecord(ownArtifactOf(step), found)
    : found;
  if (!isDeepStrictEqual(existing, found) && !(await spares(existing))) return { existing };
  const looked = attemptFrom(parts, delivery, startedAt, unknownSpent);
  const made = madeForRequest(step, request, existing, looked);
  if (made) await announce(parts, errand, made.record, "computed", made.attempt);
  else await announce(parts, errand, existing, "skipped", looked);
  return (made?.record ?? existing).outcome.status === "failed" ? "failed-before" : "skipped";
}

/**
 * Whether all that the step makes is there. An expired intermediate is as good as any, unless somebody asked for its payload. Of one that has got
 * an output since, that one is missing.
 */
async function isStillGood(
  { step, artifacts }: HandlerParts,
  { rebuilds }: Errand,
  record: ArtifactRecord,
): Promise<boolean> {
  if (record.outcome.status === "failed") return true;
  const made = new Map(artifactRecords(record).map(({ kind, outcome }) => [kind, outcome]));
  for (const { name, retention } of kindsOf(step)) {
    const outcome = made.get(name);
    if (outcome?.status !== "succeeded") return false;
    const isNeeded = retention === "derivative" || rebuilds;
    if (isNeeded && outcome.payload && !(await artifacts.isIntact(outcome.payload))) return false;
  }
  return true;
}

/**
 * What a forced request has made, when its message comes again; undefined for what was there before, or was not forced. Of what another
 * request has had made since, the first one's attempt is not known any more: it may have died before it told of it, so it is told of now.
 */
function madeForRequest(
  step: AnyStep,
  request: RequestBlock,
  existing: ArtifactRecord,
  looked: Attempt,
): { readonly record: ArtifactRecord; readonly attempt: Attempt } | undefined {
  if (!isForced(step, request) || !isMadeFor(existing, request.requestId)) return undefined;
  const { laterFailure, ...record } = existing;
  if (existing.requestId !== request.requestId) return { record, attempt: looked };
  if (laterFailure) {
    const outcome = { status: "failed" as const, error: laterFailure.error };
    return { record: { ...record, outcome }, attempt: laterFailure.attempt };
  }
  return existing.attempt ? { record: existing, attempt: existing.attempt } : undefined;
}
