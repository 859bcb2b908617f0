import type { TempoCandidate } from "./find-tempo.ts";
import type { TempoPath } from "./tempo-path.ts";
import type { TempoScan } from "./tempo-scan.ts";

/** What is known of a track once its onsets have been looked at in one view. */
export interface ViewedTempo {
  readonly scan: Pick<TempoScan, "sums" | "windows">;
  /** What its periodicity as a whole says. */
  readonly overall: TempoCandidate | null;
  readonly path: TempoPath;
  /** In seconds, ascending. */
  readonly beatsSec: readonly number[];
}
