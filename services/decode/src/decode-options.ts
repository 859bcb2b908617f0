export interface DecodeOptions {
  readonly signal?: AbortSignal;
  /** Called with the id of each child process, which leads its own process group. */
  readonly onSpawn?: (pid: number) => void;
  /** Longer audio ends as `too-long`. */
  readonly maxDurationSec: number;
}
