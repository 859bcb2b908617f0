import type { Artifacts, BackfillObjects, RequestObjects, TrackObjects } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import type { Publisher } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { Span } from "../reconcile/sweep-objects.ts";
import type { BackfillRows } from "./backfill-rows.ts";

/** What drives backfills works with. */
export interface DriverParts extends Pick<ServerContext, "chain" | "log"> {
  readonly pool: Pool;
  readonly requests: RequestObjects;
  readonly backfills: BackfillObjects;
  readonly rows: BackfillRows;
  readonly artifacts: Artifacts;
  readonly tracks: TrackObjects;
  readonly publisher: Pick<Publisher, "fact" | "fetch">;
  /** Tells the catalog of what was asked for in a span of time, and is in storage, that it has not heard of. */
  readonly hear: (span: Span) => Promise<void>;
  /** How long nothing must have been heard of a track before it is announced again, in ms. */
  readonly quietMs: number;
  /** Backfills whose tracks could not be counted. */
  readonly uncounted: Set<string>;
}
