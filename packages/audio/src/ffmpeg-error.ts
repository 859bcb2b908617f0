import { type ErrorCode, StepError } from "@segue/contracts";

/**
 * Why a run of ffmpeg gave no result: it could not start, the machine lacked something (disk, file handles), it ended
 * with an error, hung, or was told to stop.
 */
export type FfmpegFailure = "spawn" | "machine" | "exit" | "timeout" | "aborted";

const codes: Record<FfmpegFailure, ErrorCode> = {
  spawn: "worker-unfit",
  machine: "worker-unfit",
  exit: "step-failed",
  timeout: "time-budget-exceeded",
  aborted: "aborted",
};

/** A run of ffmpeg that did not succeed: transient unless a caller knows better from what it wrote. */
export class FfmpegError extends StepError {
  readonly reason: FfmpegFailure;
  readonly exitCode: number | null;
  /** The signal that ended it, as in `SIGSEGV`; null if it exited by itself. */
  readonly exitSignal: string | null;
  /** What it wrote to stderr, bounded. */
  readonly stderr: string;

  constructor(
    reason: FfmpegFailure,
    message: string,
    details: { exitCode?: number | null; exitSignal?: string | null; stderr?: string; cause?: unknown } = {},
  ) {
    super(codes[reason], `ffmpeg ${message}`, { cause: details.cause });
    this.reason = reason;
    this.exitCode = details.exitCode ?? null;
    this.exitSignal = details.exitSignal ?? null;
    this.stderr = details.stderr ?? "";
  }
}
