import { readGrain } from "../fleet/results.ts";
import type { Placed } from "../play/plan.ts";
import type { BucketObjects } from "../world/bucket-objects.ts";
import type { Report } from "./breach.ts";
import { isIntermediate } from "./read-message.ts";

/** What makes an intermediate, which steps that live together do not store: who asks later has it made again. */
const again = /^(grind|cleave) /;

/** In a world where nothing goes wrong no piece of work is done twice, but for what has been deleted since: hears of each as it is begun. */
export function watchWork(
  objects: Pick<BucketObjects, "onChange">,
  report: Report,
  placed: Placed,
): (what: string) => void {
  const begun = new Set<string>();
  const noteObject = objects.onChange;
  objects.onChange = (ref, before, after) => {
    noteObject(ref, before, after);
    if (after || !before || !isIntermediate(ref)) return;
    const name = grainOf(before.bytes);
    if (name !== undefined) begun.delete(`grind ${name}`);
  };
  return (what) => {
    if (placed !== "default" && again.test(what)) return;
    if (begun.has(what)) report("work is done once", `${what} is done again, and nothing has gone wrong`);
    begun.add(what);
  };
}

/** The name of the master that a grain was made of; undefined for another step's intermediate. */
function grainOf(bytes: Buffer): string | undefined {
  try {
    return readGrain(bytes).name;
  } catch {
    return undefined;
  }
}
