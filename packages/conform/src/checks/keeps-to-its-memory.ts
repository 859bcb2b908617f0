import { readFileSync, writeFileSync } from "node:fs";
import type { Check } from "../check.ts";
import { Nonconformance } from "../nonconformance.ts";
import { collectGarbage } from "../open-handles.ts";
import type { Subject } from "../subject.ts";

/** Growth of resident memory in one run is what the budget is of; what stays after each run adds up until a worker dies of it. */
export const keepsToItsMemory: Check = {
  title: "it grows within its budget of memory, and keeps nothing of a track",
  async run(subject) {
    const peakMiB = await peakGrowthMiB(subject);
    const budgetMiB = subject.step.budget.memoryMiB;
    if (peakMiB !== null && peakMiB > budgetMiB)
      throw new Nonconformance(
        `its memory grew by ${peakMiB.toFixed(0)} MiB on a sample; its budget is ${budgetMiB} MiB`,
      );
    const keptKiB = await keptPerRunKiB(subject);
    if (keptKiB > mostKeptKiB)
      throw new Nonconformance(`every run leaves ${keptKiB.toFixed(0)} KiB more that nothing frees`);
    if (peakMiB === null) return { measured: "growth can't be told here" };
    return { measured: `at most ${Math.max(0, peakMiB).toFixed(1)} MiB of ${budgetMiB}` };
  },
};

/** Of all samples; null where the system does not tell. */
async function peakGrowthMiB(subject: Subject): Promise<number | null> {
  let most: number | null = null;
  for (const sample of subject.samples) {
    collectGarbage();
    const before = residentKiB("VmRSS");
    if (before === null || !resetPeak()) return null;
    await subject.run(sample);
    const peak = residentKiB("VmHWM");
    if (peak === null) return null;
    most = Math.max(most ?? 0, (peak - before) / 1024);
  }
  return most;
}

function residentKiB(field: "VmRSS" | "VmHWM"): number | null {
  try {
    const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"));
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}

function resetPeak(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

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
