import type { BucketObjects } from "./bucket-objects.ts";
import type { Database } from "./database.ts";
import type { Disk } from "./disk.ts";
import type { Faults } from "./faults.ts";
import type { Queue } from "./queue.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SourceHost } from "./source-host.ts";

/** All that outlives a process. */
export interface Cloud {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly queue: Queue;
  readonly objects: BucketObjects;
  readonly disk: Disk;
  /** Where clients' sources are that are no objects. */
  readonly sources: SourceHost;
  readonly database: Database;
  listingLagMs(bucket: string): number;
}
