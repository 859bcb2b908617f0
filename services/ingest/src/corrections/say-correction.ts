/**
 * How what somebody says of a track comes to hold: as an object first, under the next number of the track's, and then where it is read. An object under that number which
 * the catalog does not know of is another's, who came first, or was left by somebody who died between the two: it is made known, and ours follows it.
 */
import { isDeepStrictEqual } from "node:util";
import type { StoredTrack } from "@segue/catalog-db";
import { type CorrectedFacts, type Correction, valueAt } from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import type { ApiContext } from "../api-context.ts";
import { callerOf } from "../caller.ts";
import { ProblemError } from "../problem-error.ts";
import { findMade } from "./describe-corrections.ts";

/** What is said of a kind. */
export interface Said {
  readonly kind: string;
  /** Null: what was said before is taken back. */
  readonly facts: CorrectedFacts | null;
  readonly author?: string | undefined;
  readonly note?: string | undefined;
}

/** @throws {ProblemError} `track-deleted`; `unavailable`, also where the catalog has not heard of the track yet. */
export async function sayCorrection(
  context: ApiContext,
  request: FastifyRequest,
  track: StoredTrack,
  { kind, facts, author, note }: Said,
): Promise<Correction> {
  const { catalog, corrections, log } = context;
  const last = (await catalog.corrections(track.id)).at(-1)?.number ?? 0;
  const said = {
    ...({ v: 1, type: "Correction", trackId: track.id, owner: track.owner, kind, facts } as const),
    ...{ machine: facts && machineBeside(track, kind, facts), by: callerOf(request).keyId },
    ...{ author: author ?? null, note: note ?? null, at: context.now().toISOString() },
  };
  for (let number = last + 1; ; number++) {
    const ours: Correction = { ...said, number };
    const holds = await corrections.create(ours);
    requireKept(track.id, await catalog.keepCorrection(holds, { tells: true }));
    if (!isDeepStrictEqual(holds, JSON.parse(JSON.stringify(ours)))) continue;
    tellOfIt(context);
    log.info(
      { track: track.id, kind, number, by: ours.by, isTakenBack: facts === null },
      "a track was corrected",
    );
    return ours;
  }
}

function machineBeside(track: StoredTrack, kind: string, facts: CorrectedFacts): Correction["machine"] {
  const made = findMade(track, kind);
  if (!made) return null;
  const beside = Object.keys(facts).map((key) => [key, valueAt(made.facts, key.split(".")) ?? null]);
  return { address: made.address, version: made.version, facts: Object.fromEntries(beside) };
}

function requireKept(id: string, kept: Awaited<ReturnType<ApiContext["catalog"]["keepCorrection"]>>): void {
  if (kept === "deleted") throw new ProblemError("track-deleted", `the track ${id} was deleted`);
  if (kept === "unknown")
    throw new ProblemError("unavailable", `the catalog has not heard of the track ${id} yet`);
}

/** Whoever follows the feed has it at once, and search within a second. What is not told is found at the next look. */
function tellOfIt({ publisher, log }: ApiContext): void {
  publisher.announceCorrected().catch((error: unknown) => {
    log.debug({ error }, "the queue does not take that a track was corrected; whoever waits looks for it");
  });
}
