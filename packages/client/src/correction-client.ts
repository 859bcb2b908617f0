import type {
  CorrectedTracks,
  CorrectionHistory,
  CorrectionRequest,
  CorrectionsQuery,
  StandingCorrection,
} from "@segue/contracts";
import type { z } from "zod";
import type { CallOptions } from "./call-options.ts";

/** As `GET /v1/corrections` takes it. */
export type CorrectionsAsked = z.input<typeof CorrectionsQuery>;

/** What people say of tracks where the machine is wrong: it holds in search, whatever is computed later. */
export interface CorrectionClient {
  /** What is said of a track, and all that was; undefined if the API knows no such track. */
  readCorrections(id: string, options?: CallOptions): Promise<CorrectionHistory | undefined>;
  /** In the place of what was said of the kind before; undefined if the API knows no such track, or the kind can't be corrected. */
  correctTrack(
    id: string,
    kind: string,
    body: CorrectionRequest,
    options?: CallOptions,
  ): Promise<StandingCorrection | undefined>;
  /** @returns whether there was something to take back. */
  takeBackCorrection(id: string, kind: string, options?: CallOptions): Promise<boolean>;
  /** A page of tracks that people have corrected, the oldest first. */
  listCorrections(query?: CorrectionsAsked, options?: CallOptions): Promise<CorrectedTracks>;
}
