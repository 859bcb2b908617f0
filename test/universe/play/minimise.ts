import type { Breach } from "../law/breach.ts";
import { noTroubles, type Troubles } from "../world/faults.ts";
import type { Plan } from "./plan.ts";

/** Plays a plan; undefined where all laws hold. */
type Try = (plan: Plan) => Promise<Breach | undefined>;

export interface Minimised {
  readonly plan: Plan;
  readonly breach: Breach;
  readonly tries: number;
}

/**
 * Leaves out of a plan whatever is not needed for the same law to be broken: faults and errands by halves, quarters and so on (as
 * delta debugging does), and each kind of trouble by itself.
 */
export async function minimise(
  plan: Plan,
  breach: Breach,
  attempt: Try,
  mostTries = 200,
): Promise<Minimised> {
  let best: Minimised = { plan, breach, tries: 0 };
  const accept = async (smaller: Plan): Promise<boolean> => {
    if (best.tries >= mostTries) return false;
    const found = await attempt(smaller);
    const tries = best.tries + 1;
    best = found?.law === breach.law ? { plan: smaller, breach: found, tries } : { ...best, tries };
    return found?.law === breach.law;
  };
  await accept({ ...best.plan, troubles: noTroubles });
  for (let before = -1; before !== sizeOf(best.plan); ) {
    before = sizeOf(best.plan);
    await leaveOut(best.plan.faults, (faults) => accept({ ...best.plan, faults }));
    await leaveOut(best.plan.errands, (errands) => accept({ ...best.plan, errands }));
    for (const trouble of Object.keys(best.plan.troubles) as (keyof Troubles)[])
      if (best.plan.troubles[trouble] > 0)
        await accept({ ...best.plan, troubles: { ...best.plan.troubles, [trouble]: 0 } });
  }
  return best;
}

function sizeOf({ faults, errands, troubles }: Plan): number {
  return faults.length + errands.length + Object.values(troubles).filter((often) => often > 0).length;
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
