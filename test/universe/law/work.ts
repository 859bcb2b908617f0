import type { Placed } from "../play/plan.ts";
import type { Report } from "./breach.ts";

/** What makes an intermediate, which steps that live together do not store: who asks later has it made again. */
const again = /^(grind|cleave) /;

/** In a world where nothing goes wrong no piece of work is done twice: hears of each as it is begun. */
export function watchWork(report: Report, placed: Placed): (what: string) => void {
  const begun = new Set<string>();
  return (what) => {
    if (placed !== "default" && again.test(what)) return;
    if (begun.has(what)) report("work is done once", `${what} is done again, and nothing has gone wrong`);
    begun.add(what);
  };
}
