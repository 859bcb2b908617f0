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
/**
 * What a machine lacks, in the system's words, as the runtimes of all languages repeat them. Input/output errors are not among
 * them (so ffmpeg reports a file that ends inside its header), nor is a lack of memory, which headers with absurd counts ask for.
 */
const machineWords =
  /No space left on device|Disk quota exceeded|Too many open files(?: in system)?|Read-only file system/i;

/** The first thing that a program's words say the machine lacks; null where they say nothing of it. */
export function findMachineTrouble(words: string): string | null {
  return machineWords.exec(words)?.[0] ?? null;
}

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
