import { type ChildProcessByStdio, spawn } from "node:child_process";
import { PassThrough, type Readable } from "node:stream";
import { signalGroup, startGuarded } from "@segue/child-process";
import { readAudioConfig } from "./config.ts";
import { FfmpegError } from "./ffmpeg-error.ts";
import { FfmpegLog } from "./ffmpeg-log.ts";

export interface FfmpegLimits {
  readonly signal?: AbortSignal | undefined;
  /**
   * Wall time after which the run is taken to hang; ten minutes by default. It is no budget: whoever has one aborts
   * `signal`, and knows whether the process had its share of the machine.
   */
  readonly hangMs?: number | undefined;
  /** Called with the id of the process, which leads its own process group. */
  readonly onSpawn?: ((pid: number) => void) | undefined;
  /** Address space that it may take; what `readAudioConfig` says by default. Not enforced by macOS and Windows. */
  readonly memoryMiB?: number;
}

export interface FfmpegRun {
  /** What it wrote to stderr: the first and the last 64 KiB, decoded as Latin-1. */
  readonly stderr: string;
  /** Lines marked as errors, also those that were not kept. */
  readonly errorLines: number;
}

/** An ffmpeg under way. */
export interface RunningFfmpeg {
  /** Must be read to its end, or the run be stopped: until then the program waits. */
  readonly stdout: Readable;
  /**
   * Resolves when the process has ended well and all it wrote has been read.
   * @throws {FfmpegError} when it can't start, exits with anything but 0, reports that the machine lacked something
   * (also where it exits with 0), hangs, is aborted or stopped.
   */
  readonly ended: Promise<FfmpegRun>;
  /** Ends the process, if it still runs, and waits until it is gone. Never throws. */
  stop(): Promise<void>;
}

const keptStderrBytes = 64 * 1024;

/** Far above any budget, on a machine however busy. */
const defaultHangMs = 600_000;

/** Between TERM and KILL. Shorter than the 300 ms after which a runner kills the thread itself. */
const killAfterMs = 200;

/**
 * Starts one ffmpeg with the given arguments: no stdin, in a process group of its own, which dies with this thread or
 * process, in bounded memory.
 * @throws {FfmpegError} if `signal` is aborted already; nothing is started then.
 */
export function startFfmpeg(path: string, args: readonly string[], options: FfmpegLimits): RunningFfmpeg {
  if (options.signal?.aborted) throw aborted(options.signal.reason);
  const memoryMiB = options.memoryMiB ?? readAudioConfig().ffmpegMemoryMiB;
  const { child, guard } = startGuarded(() => spawnCapped(path, args, memoryMiB));
  const log = new FfmpegLog(keptStderrBytes);
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk));
  // A child's own stream is emptied as the child exits, whoever has yet to begin to read it: a short file would be lost.
  const stdout = child.stdout.pipe(new PassThrough());
  const watch = endOnTimeoutOrAbort(child, stdout, options);
  const run = settle(child, guard, log, watch, options);
  // Whoever waits sees it; whoever only stops the run need not.
  run.catch(() => {});
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  return {
    stdout,
    ended: run,
    async stop() {
      watch.stop("aborted");
      // Unread, it would keep the pipe, and so the run, open.
      child.stdout.destroy();
      stdout.destroy();
      await run.catch(() => {});
    },
  };
}

/** The shell caps the address space and becomes the program: same process, same exit. */
const cappingScript = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"';

type Child = ChildProcessByStdio<null, Readable, Readable>;

function spawnCapped(path: string, args: readonly string[], memoryMiB: number): Child {
  const capping = ["-c", cappingScript, "sh", String(memoryMiB * 1024), path, ...args];
  const [program, programArgs] = process.platform === "win32" ? [path, args] : ["/bin/sh", capping];
  return spawn(program, programArgs, {
    stdio: ["ignore", "pipe", "pipe"],
    env: readAudioConfig().ffmpegEnvironment,
    detached: true,
    windowsHide: true,
  });
}

async function settle(
  child: Child,
  guard: Disposable,
  log: FfmpegLog,
  watch: Watch,
  options: FfmpegLimits,
): Promise<FfmpegRun> {
  const end = await ended(child).finally(() => {
    watch.release();
    guard[Symbol.dispose]();
  });
  log.end();
  const stderr = log.text;
  if (watch.stoppedBy === "aborted") {
    throw aborted(options.signal?.reason, stderr);
  }
  if (watch.stoppedBy === "timeout") {
    throw new FfmpegError("timeout", `hung: it did not end within ${hangMsOf(options)} ms`, {
      ...end,
      stderr,
    });
  }
  if (end.exitCode === notFound || end.exitCode === notExecutable) {
    throw new FfmpegError("spawn", `could not be started: ${lastLine(stderr)}`, { ...end, stderr });
  }
  // Builds up to 5 at the least exit with 0 when a full disk shows only as the file is closed.
  if (log.machineFault !== null) {
    throw new FfmpegError("machine", `could not go on: ${log.machineFault}`, { ...end, stderr });
  }
  if (end.exitCode !== 0) {
    const how = end.exitSignal === null ? `exited with ${end.exitCode}` : `was ended by ${end.exitSignal}`;
    throw new FfmpegError("exit", `${how}: ${lastLine(stderr)}`, { ...end, stderr });
  }
  return { stderr, errorLines: log.errorLines };
}

/** How a shell exits when `exec` fails. */
const notFound = 127;
const notExecutable = 126;

interface End {
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
}

/** `close` follows `exit` once both pipes are drained: nothing written is missed, and the process is reaped. */
function ended(child: Child): Promise<End> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) =>
      reject(new FfmpegError("spawn", `could not be started: ${cause.message}`, { cause })),
    );
    child.on("close", (exitCode, exitSignal) => resolve({ exitCode, exitSignal }));
  });
}

interface Watch {
  readonly stoppedBy: "timeout" | "aborted" | null;
  stop(by: "timeout" | "aborted"): void;
  release(): void;
}

/** Ends the child's whole group, by TERM and then by KILL, when its time is up or the signal is aborted. */
function endOnTimeoutOrAbort(child: Child, stdout: Readable, options: FfmpegLimits): Watch {
  let stoppedBy: Watch["stoppedBy"] = null;
  let released = false;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (by: "timeout" | "aborted") => {
    if (stoppedBy !== null || released) return;
    stoppedBy = by;
    signalGroup(child, "SIGTERM");
    killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), killAfterMs);
    // What it still writes is not wanted, and unread it would keep the pipe, and so `close`, open.
    stdout.resume();
  };
  const onAbort = () => stop("aborted");
  const timer = setTimeout(() => stop("timeout"), hangMsOf(options));
  options.signal?.addEventListener("abort", onAbort, { once: true });
  return {
    get stoppedBy() {
      return stoppedBy;
    },
    stop,
    release() {
      released = true;
      clearTimeout(timer);
      clearTimeout(killTimer);
      options.signal?.removeEventListener("abort", onAbort);
    },
  };
}

function hangMsOf({ hangMs = defaultHangMs }: FfmpegLimits): number {
  return hangMs;
}

function aborted(cause: unknown, stderr = ""): FfmpegError {
  return new FfmpegError("aborted", "was told to stop", { stderr, cause });
}

function lastLine(stderr: string): string {
  return stderr.trimEnd().split("\n").at(-1)?.slice(0, 300) ?? "";
}
