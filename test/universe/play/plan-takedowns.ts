import { Random } from "../world/random.ts";
import type { Errand } from "./plan.ts";

/** Of the tracks of a world so many are deleted by their owners; masters that an operator takes down are fewer. */
const deleted = 0.4;
const takenDown = 0.08;
/** Right after they came, while they are made, or when they have long been done. */
const soonMs = [500, 5_000, 60_000, 600_000];

/** What is asked for, with tracks that are deleted and masters that are taken down at any moment; some bytes come again after that. */
export function withTakedowns(seed: number, errands: readonly Errand[], lengthMs: number): Errand[] {
  const random = new Random(`takedowns ${seed}`);
  const added = errands.flatMap((errand): Errand[] => {
    if (errand.kind !== "submit") return [];
    const { key, master, atMs: submittedMs } = errand;
    const laterMs = (fromMs: number) => Math.min(lengthMs, fromMs + random.between(0, random.pick(soonMs)));
    const atMs = laterMs(submittedMs);
    const again: Errand = { ...errand, key: `${key}-again`, atMs: laterMs(atMs) };
    const comesAgain = random.chance(0.3) ? [again] : [];
    if (random.chance(takenDown)) {
      const policy = random.pick(["refuse", "new"] as const);
      return [{ kind: "takedown", key: `${key}-down`, atMs, master, again: policy }, ...comesAgain];
    }
    if (!random.chance(deleted)) return [];
    return [{ kind: "delete", key: `${key}-gone`, atMs, of: key }, ...comesAgain];
  });
  return [...errands, ...added].toSorted((a, b) => a.atMs - b.atMs);
}
