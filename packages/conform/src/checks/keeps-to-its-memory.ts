import type { Check } from "../check.ts";
import { Nonconformance } from "../nonconformance.ts";
import { collectGarbage } from "../open-handles.ts";
import type { Subject } from "../subject.ts";

/** Growth of resident memory in one run is what the budget is of; what stays after each run adds up until a worker dies of it. */
export const keepsToItsMemory: Check = {
  title: "it grows within its budget of memory, and keeps nothing of a track",
  async run(subject) {
    const budgetMiB = subject.step.budget.memoryMiB;
    const grown: number[] = [];
    for (const sample of [...subject.samples, ...subject.long]) {
      const { grownMiB } = await subject.reference(sample);
      if (grownMiB === null) continue;
      grown.push(grownMiB);
      if (grownMiB > budgetMiB)
        throw new Nonconformance(
          `its memory grew by ${grownMiB.toFixed(0)} MiB on "${sample.name}"; its budget is ${budgetMiB} MiB`,
        );
    }
    const keptKiB = await keptPerRunKiB(subject);
    if (keptKiB > mostKeptKiB)
      throw new Nonconformance(`every run leaves ${keptKiB.toFixed(0)} KiB more that nothing frees`);
    if (grown.length === 0) return { measured: "growth can't be told here" };
    return { measured: `at most ${Math.max(...grown).toFixed(1)} MiB of ${budgetMiB}` };
  },
};

const runs = 4;
/** Compiled code and the collector's own figures come and go by less, and not in every run. */
const mostKeptKiB = 64;

/** The least that any of the runs has added: what is there once for all, or comes and goes, does not count. */
async function keptPerRunKiB(subject: Subject): Promise<number> {
  const [sample] = subject.samples;
  const sizes: number[] = [];
  for (let run = 0; run < runs; run++) {
    await subject.run(sample);
    sizes.push(await heldKiB());
  }
  return Math.min(...sizes.slice(1).map((size, i) => size - (sizes[i] ?? 0)));
}

async function heldKiB(): Promise<number> {
  collectGarbage();
  // Finalizers run now.
  await new Promise((resolve) => setImmediate(resolve));
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024;
}
