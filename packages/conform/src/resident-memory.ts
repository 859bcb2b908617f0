import { readFileSync, writeFileSync } from "node:fs";

/** Begins to watch how far this process's resident memory grows; the function gives the most so far, in MiB, or null where the system does not tell. */
export function watchGrowth(): () => number | null {
  const before = residentKiB("VmRSS");
  const watched = before !== null && forgetPeak();
  return () => {
    const peak = watched ? residentKiB("VmHWM") : null;
    return peak === null || before === null ? null : Math.max(0, peak - before) / 1024;
  };
}

function residentKiB(field: "VmRSS" | "VmHWM"): number | null {
  try {
    const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"));
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}

/** From here on `VmHWM` is the peak since now. */
function forgetPeak(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}
