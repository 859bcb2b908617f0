import { type ChildProcess, spawn } from "node:child_process";
import { BoundedLog } from "./bounded-log.ts";
import { FfmpegError } from "./ffmpeg-error.ts";

export interface RunFfmpegOptions {
  readonly signal?: AbortSignal | undefined;
  /** Wall time after which the run is ended. */
  readonly timeoutMs: number;
  /** Called with the id of the process, which leads its own process group. */
  readonly onSpawn?: ((pid: number) => void) | undefined;
  /** Called with what it writes to stdout; without it, stdout is read and dropped. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

export interface FfmpegRun {
  /** What it wrote to stderr: the first and the last 64 KiB, decoded as Latin-1. */
  readonly stderr: string;
  /** Lines marked as errors, also those that were not kept. */
  readonly errorLines: number;
}

const keptStderrBytes = 64 * 1024;

/** Between TERM and KILL. Shorter than the 300 ms after which a runner kills the thread itself. */
const killAfterMs = 200;

/**
 * Runs one ffmpeg with the given arguments: no stdin, both pipes read, in a process group of its own.
 * @throws {FfmpegError} when it can't start, exits with anything but 0, outlives `timeoutMs`, or `signal` is aborted;
 * always after the process has ended.
 */
export async function spawnFfmpeg(
  path: string,
  args: readonly string[],
  options: RunFfmpegOptions,
): Promise<FfmpegRun> {
  if (options.signal?.aborted) throw aborted(options.signal);
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, windowsHide: true });
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  const log = new BoundedLog(keptStderrBytes);
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk));
  child.stdout.on("data", (chunk: Buffer) => options.onStdout?.(chunk));

  const watch = endOnTimeoutOrAbort(child, options);
  const end = await ended(child).finally(() => watch.release());
  const stderr = log.text;
  if (watch.stoppedBy === "aborted" && options.signal) throw aborted(options.signal, stderr);
  if (watch.stoppedBy === "timeout") {
    throw new FfmpegError("timeout", `did not end within ${options.timeoutMs} ms`, { ...end, stderr });
  }
  if (end.exitCode !== 0) {
    const how = end.exitSignal === null ? `exited with ${end.exitCode}` : `was ended by ${end.exitSignal}`;
    throw new FfmpegError("exit", `${how}: ${lastLine(stderr)}`, { ...end, stderr });
  }
  return { stderr, errorLines: log.errorLines };
}

interface End {
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
}

/** `close` follows `exit` once both pipes are drained: nothing written is missed, and the process is reaped. */
function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) =>
      reject(new FfmpegError("spawn", `could not be started: ${cause.message}`, { cause })),
    );
    child.on("close", (exitCode, exitSignal) => resolve({ exitCode, exitSignal }));
  });
}

interface Watch {
  readonly stoppedBy: "timeout" | "aborted" | null;
  release(): void;
}

/** Ends the child's whole group, by TERM and then by KILL, when its time is up or the signal is aborted. */
function endOnTimeoutOrAbort(child: ChildProcess, options: RunFfmpegOptions): Watch {
  let stoppedBy: Watch["stoppedBy"] = null;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (by: "timeout" | "aborted") => {
    if (stoppedBy !== null) return;
    stoppedBy = by;
    signalGroup(child, "SIGTERM");
    killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), killAfterMs);
  };
  const onAbort = () => stop("aborted");
  const timer = setTimeout(() => stop("timeout"), options.timeoutMs);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  // An event that came before the listener is not repeated.
  if (options.signal?.aborted) onAbort();
  return {
    get stoppedBy() {
      return stoppedBy;
    },
    release() {
      clearTimeout(timer);
      clearTimeout(killTimer);
      options.signal?.removeEventListener("abort", onAbort);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, or the system has no groups; `kill` does nothing to a child that has ended.
    child.kill(signal);
  }
}

function aborted(signal: AbortSignal, stderr = ""): FfmpegError {
  return new FfmpegError("aborted", "was told to stop", { stderr, cause: signal.reason });
}

function lastLine(stderr: string): string {
  return stderr.trimEnd().split("\n").at(-1)?.slice(0, 300) ?? "";
}
