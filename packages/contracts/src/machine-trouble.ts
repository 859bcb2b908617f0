/** The disk is full, broken or read-only; there are no more files, memory or processes to be had. */
const machineCodes = new Set([
  "ENOSPC",
  "EDQUOT",
  "EROFS",
  "EIO",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  // A thread that could not be begun.
  "ERR_WORKER_INIT_FAILED",
]);
/** A child that can't be started for these is told something wrong by its parent; for any other, the machine is at fault. */
const parentsFault = new Set(["E2BIG", "EINVAL", "ENAMETOOLONG"]);
const maxCauses = 8;

/** Whether an error, or what caused it, says something of the machine that the code runs on and nothing of what it worked on. */
export function isMachineTrouble(thrown: unknown): boolean {
  let error = thrown;
  for (let depth = 0; depth < maxCauses && error instanceof Error; depth++, error = error.cause) {
    const code = "code" in error ? error.code : undefined;
    if (typeof code !== "string") continue;
    if (machineCodes.has(code)) return true;
    const syscall = "syscall" in error ? error.syscall : undefined;
    if (typeof syscall === "string" && syscall.startsWith("spawn") && !parentsFault.has(code)) return true;
  }
  return false;
}
