import { findUnderWay, type Looked, type UnderWayOptions } from "./is-under-way.ts";
import { idleSteps, judgeTrack, type Ownership, readySteps } from "./judge-track.ts";
import type { Progress } from "./progress.ts";
import type { PutOff, QuietTrack } from "./watches.ts";

/** Taken up again in one round for each step that gives no results at all. */
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
  /** The steps that could run, and that nobody has, as far as is known: these are to be taken up again. */
  readonly ready: readonly string[];
  /** `waiting`: nothing is to be done for it now. */
  readonly judged: Ownership;
  readonly putOff: PutOff;
}

/**
 * Judges what was found in one round of looks. Storage is asked only where its answer can change something: not for what waits anyway, since a step will come to it, its work is
 * put off until a time that is known, or enough of a stopped step's tasks were sent again in this round. So an outage costs a round of 50 such questions, and not one for each track.
 *
 * What is under way at one step, or put off there, for however long, says nothing of the others that could run. Nor do the many that wait for a step that has stopped take the turn of
 * what waits for another one.
 */
export function judgeInRound(options: JudgeOptions) {
  const rounds = createRounds();
  return async (quiet: Quiet, now: Date): Promise<Judged> => {
    const { chain, progress, quietMs } = options;
    // A replay came when it was asked for, whatever the age of its track.
    const judge = (steps: readonly string[]): Ownership =>
      judgeTrack({ ...quiet, id: quiet.requestId }, steps, progress, { quietMs });
    const all = readySteps(quiet, chain);
    // Whoever has results to show will come to it.
    if (judge(all) === "waiting") return { ready: all, judged: "waiting", putOff: {} };

    const known = Object.entries(quiet.putOff ?? {}).filter(([, until]) => new Date(until) > now);
    const putOff = Object.fromEntries(known);
    const free = all.filter((step) => putOff[step] === undefined);
    const waiting: Judged = { ready: all, judged: "waiting", putOff };
    if (all.length > 0 && free.length === 0) return waiting;
    const judged = judge(free);
    const stopped = idleSteps(free, progress, { quietMs });
    if (judged === "waiting" || (judged === "idle" && !rounds.haveRoom(stopped))) return waiting;

    const found = await findUnderWay(options, quiet, free, now);
    const left = free.filter((step) => !found.underWay.includes(step));
    const seen = { ready: left, judged: judge(left), putOff: { ...putOff, ...found.putOff } };
    if (seen.judged === "waiting" || (all.length > 0 && left.length === 0))
      return { ...seen, judged: "waiting" };
    if (seen.judged === "idle") rounds.count(idleSteps(left, progress, { quietMs }));
    return seen;
  };
}

/** How many were taken up again for each stopped step; those that wait for none of the chain's steps have a round of their own. */
function createRounds() {
  const counts = new Map<string, number>();
  const keysOf = (steps: readonly string[]) => (steps.length > 0 ? steps : [""]);
  const countOf = (key: string) => counts.get(key) ?? 0;
  return {
    haveRoom: (steps: readonly string[]) => keysOf(steps).some((key) => countOf(key) < idleBatch),
    count(steps: readonly string[]) {
      for (const key of keysOf(steps)) counts.set(key, countOf(key) + 1);
    },
  };
}
