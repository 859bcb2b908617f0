import { writeFileSync } from "node:fs";

/** When memory runs out, the kernel is to take this process and not its worker. Linux only; elsewhere nothing happens. */
export function volunteerForOutOfMemory(pid: number | undefined): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  } catch {
    // There is no such file.
  }
}
