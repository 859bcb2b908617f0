import type { Breach } from "../law/breach.ts";
import { noTroubles, type Troubles } from "../world/faults.ts";
import { near, type Plan } from "./plan.ts";

/** What came of playing a plan: the breach is undefined where all laws hold. */
export interface Outcome {
  readonly breach: Breach | undefined;
  readonly events: number;
}

export interface Minimised {
  readonly plan: Plan;
  readonly breach: Breach;
  readonly tries: number;
  /** Whether everything that is left is needed, as far as leaving out one at a time tells. */
  readonly isSmallest: boolean;
}

/** Some minutes of a computer's time, however long the world is. */
const defaultMostEvents = 3_000_000;

/**
 * Leaves out of a plan whatever is not needed for the same law to be broken: what was to come after the breach, then faults and errands
 * by halves, quarters and so on (as delta debugging does), and each kind of trouble by itself. It ends when nothing can be left out,
 * or when all its tries together have had so many events.
 */
export async function minimise(
  plan: Plan,
  breach: Breach,
  attempt: (plan: Plan) => Promise<Outcome>,
  mostEvents = defaultMostEvents,
): Promise<Minimised> {
  let best = { plan, breach, tries: 0 };
  let events = 0;
  const accept = async (smaller: Plan): Promise<boolean> => {
    if (events >= mostEvents) return false;
    const played = await attempt(smaller);
    events += played.events;
    const tries = best.tries + 1;
    const isSame = played.breach?.law === breach.law;
    best = played.breach && isSame ? { plan: smaller, breach: played.breach, tries } : { ...best, tries };
    return isSame;
  };
  await accept(withoutWhatFollows(plan, breach.atMs));
  await accept({ ...best.plan, troubles: noTroubles });
  for (let before = -1; before !== sizeOf(best.plan); ) {
    before = sizeOf(best.plan);
    await leaveOut(best.plan.errands, (errands) => accept({ ...best.plan, errands }));
    await leaveOut(best.plan.faults, (faults) => accept({ ...best.plan, faults }));
    for (const trouble of Object.keys(best.plan.troubles) as (keyof Troubles)[])
      if (best.plan.troubles[trouble] > 0)
        await accept({ ...best.plan, troubles: { ...best.plan.troubles, [trouble]: 0 } });
    if (best.plan.listingLagMs > 0) await accept({ ...best.plan, listingLagMs: 0 });
    if (best.plan.distanceMs > near) await accept({ ...best.plan, distanceMs: near });
  }
  return { ...best, isSmallest: events < mostEvents };
}

/** A day's world of which the first hour matters need not be a day long. */
function withoutWhatFollows(plan: Plan, atMs: number): Plan {
  const isBefore = (item: { readonly atMs: number }) => item.atMs <= atMs;
  return {
    ...plan,
    lengthMs: Math.min(plan.lengthMs, atMs),
    errands: plan.errands.filter(isBefore),
    faults: plan.faults.filter(isBefore),
  };
}

function sizeOf({ faults, errands, troubles, listingLagMs, distanceMs }: Plan): number {
  const kinds = [...Object.values(troubles), listingLagMs, distanceMs - near].filter(
    (often) => often > 0,
  ).length;
  return faults.length + errands.length + kinds;
}

/** Tries without ever smaller parts of a list, and goes on with what was enough. */
async function leaveOut<T>(
  items: readonly T[],
  accept: (fewer: readonly T[]) => Promise<boolean>,
): Promise<void> {
  let left = items;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const fewer = [...left.slice(0, from), ...left.slice(from + size)];
      if (await accept(fewer)) left = fewer;
      else from += size;
    }
  }
}
