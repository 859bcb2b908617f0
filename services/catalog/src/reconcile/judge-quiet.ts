import { findUnderWay, type Looked, type UnderWayOptions } from "./is-under-way.ts";
import { judgeTrack, type Ownership, readySteps } from "./judge-track.ts";
import type { Progress } from "./progress.ts";
import type { PutOff, QuietTrack } from "./watches.ts";

/** Taken up again in one round for steps that give no results at all. */
export const idleBatch = 50;

export interface JudgeOptions extends UnderWayOptions {
  readonly progress: Progress;
}

/** A track or a replay of which nothing was heard for a while. */
export interface Quiet extends Looked, Pick<QuietTrack, "wants" | "endedSteps"> {
  /** As far as it was known when it was looked at before. */
  readonly putOff?: PutOff;
}

export interface Judged {
  readonly ready: readonly string[];
  /** `waiting`: nothing is to be done for it now. */
  readonly judged: Ownership;
  readonly putOff: PutOff;
}

/**
 * Judges what was found in one round of looks. Storage is asked only where its answer can change something: not for what waits anyway, since a step will come to it, its work is
 * put off until a time that is known, or enough of a stopped step's tasks were sent again in this round. So an outage costs a round of 50 such questions, and not one for each track.
 */
export function judgeInRound(options: JudgeOptions) {
  let idle = 0;
  return async (quiet: Quiet, now: Date): Promise<Judged> => {
    const { chain, progress, quietMs } = options;
    const ready = readySteps(quiet, chain);
    // A replay came when it was asked for, whatever the age of its track.
    const judged = judgeTrack({ ...quiet, id: quiet.requestId }, ready, progress, { quietMs });
    // Whoever has results to show will come to it.
    if (judged === "waiting") return { ready, judged, putOff: {} };
    const { putOff = {} } = quiet;
    const isPutOff = ready.some((step) => new Date(putOff[step] ?? 0) > now);
    if (isPutOff || (judged === "idle" && idle >= idleBatch)) return { ready, judged: "waiting", putOff };
    const found = await findUnderWay(options, quiet, ready, now);
    if (found.isUnderWay) return { ready, judged: "waiting", putOff: found.putOff };
    if (judged === "idle") idle += 1;
    return { ready, judged, putOff: {} };
  };
}
